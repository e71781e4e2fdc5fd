//! The languages that an SDK can be made for.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::generators::{Generator, HEY_API, OPENAPI_GENERATOR, OPENAPI_PYTHON_CLIENT};
use super::{finish, pack};
use crate::layout::{NAME, lay_out, version};
use crate::project::work_directory;

/// A language that an SDK can be made for. The settings of its generator are in `xtask/sdk/`, in the file of its name; what the generator
/// does not make is there in the folder of its name.
pub(super) struct Language {
    pub(super) name: &'static str,
    pub(super) generator: &'static Generator,
    /// What says that there is an operation: a piece of a generated file, with the operation's name in the language's own case.
    pub(super) operation: &'static str,
    /// What is done to the generated files.
    finish: fn(&Path) -> Result<()>,
    /// Writes the packages of the SDK in the first folder to the second one.
    pub(super) pack: fn(&Path, &Path) -> Result<()>,
    /// How the SDK in the folder `DIR` is used.
    pub(super) usage: &'static str,
}

impl Language {
    /// Makes the SDK in a folder below the build directory, emptied first.
    pub(super) fn generate(&self) -> Result<PathBuf> {
        let folder = work_directory("sdk")?.join("generated").join(self.folder_name()?);
        if folder.exists() {
            fs::remove_dir_all(&folder).with_context(|| format!("cannot empty {}", folder.display()))?;
        }
        lay_out(&format!("sdk/{}", self.name), &folder)?;
        (self.generator.generate)(self.name, &folder)
            .and_then(|()| (self.finish)(&folder))
            .with_context(|| format!("no SDK could be made for {}", self.name))?;
        Ok(folder)
    }

    /// The name of its archive too, where the language has no packages of its own.
    fn folder_name(&self) -> Result<String> {
        Ok(format!("{}-{}-{}", NAME, self.name, version()?))
    }
}

pub(super) const LANGUAGES: [Language; 5] = [
    Language {
        name: "python",
        generator: &OPENAPI_PYTHON_CLIENT,
        operation: "/snake_case.py",
        finish: finish::python,
        pack: pack::python,
        usage: "pip install DIR, then import engram_openapi",
    },
    Language {
        name: "typescript",
        generator: &HEY_API,
        operation: "const camelCase = <",
        finish: finish::typescript,
        pack: pack::npm,
        usage: "npm install DIR, then import lumetra-engram-openapi-client",
    },
    Language {
        name: "go",
        generator: &OPENAPI_GENERATOR,
        operation: ") PascalCase(ctx ",
        finish: finish::go,
        pack: pack::archive,
        usage: "go mod edit -replace example.com/lumetra-engram/openapi=DIR",
    },
    Language {
        name: "java",
        generator: &OPENAPI_GENERATOR,
        operation: " camelCaseWithHttpInfo(",
        finish: |_| Ok(()),
        pack: pack::archive,
        usage: "mvn --file DIR install; lumetra-engram-openapi-client",
    },
    Language {
        name: "csharp",
        generator: &OPENAPI_GENERATOR,
        operation: " PascalCaseAsync(",
        finish: finish::csharp,
        pack: pack::archive,
        usage: "dotnet add reference DIR/src/EngramOpenApi",
    },
];
