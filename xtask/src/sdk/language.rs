//! The languages that an SDK can be made for.

use std::path::PathBuf;

use anyhow::{Context, Result};

use super::generators::{Generator, HEY_API, OPENAPI_GENERATOR, OPENAPI_PYTHON_CLIENT};
use crate::project::work_directory;

/// A language that an SDK can be made for. The settings of its generator are in `xtask/sdk/`, in the file of its name.
pub(super) struct Language {
    pub(super) name: &'static str,
    pub(super) generator: &'static Generator,
    /// What says that there is an operation: a piece of a generated file, with the operation's name in the language's own case.
    pub(super) operation: &'static str,
    /// How the SDK in the folder `DIR` is used.
    pub(super) usage: &'static str,
}

impl Language {
    const fn new(
        name: &'static str,
        generator: &'static Generator,
        operation: &'static str,
        usage: &'static str,
    ) -> Self {
        Self { name, generator, operation, usage }
    }

    /// Makes the SDK in a folder below the build directory, emptied first.
    pub(super) fn generate(&self) -> Result<PathBuf> {
        let folder = work_directory("sdk")?.join("generated").join(self.name);
        if folder.exists() {
            std::fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
        }
        (self.generator.generate)(self.name, &folder)
            .with_context(|| format!("no SDK could be made for {}", self.name))?;
        Ok(folder)
    }
}

pub(super) const LANGUAGES: [Language; 5] = [
    Language::new("python", &OPENAPI_PYTHON_CLIENT, "/snake_case.py", "pip install DIR, then import engram_client"),
    Language::new("typescript", &HEY_API, "const camelCase = <", "copy DIR to your sources, then import DIR/index.js"),
    Language::new("go", &OPENAPI_GENERATOR, ") PascalCase(ctx ", "go mod edit -replace example.com/lumetra/engram=DIR"),
    Language::new("java", &OPENAPI_GENERATOR, " camelCaseWithHttpInfo(", "mvn --file DIR install; engram-client"),
    Language::new("csharp", &OPENAPI_GENERATOR, " PascalCaseAsync(", "dotnet add reference DIR/src/Engram"),
];
