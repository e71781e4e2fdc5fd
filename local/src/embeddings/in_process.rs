//! Embeddings of a model in this process.

use std::path::PathBuf;
use std::sync::Arc;

use lumetra_engram_model::{Encoder, ModelError};
use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;

use super::EmbedError;
use crate::vector::Vector;

pub(super) struct InProcess {
    folder: Option<PathBuf>,
    /// Loaded when it is first used.
    encoder: OnceCell<Arc<Encoder>>,
}

impl InProcess {
    pub(super) fn built_in() -> Self {
        Self { folder: None, encoder: OnceCell::new() }
    }

    pub(super) fn of_folder(path: PathBuf) -> Self {
        Self { folder: Some(path), encoder: OnceCell::new() }
    }

    pub(super) async fn name(&self) -> Result<String, EmbedError> {
        Ok(self.encoder().await?.name().to_owned())
    }

    pub(super) async fn vectors(&self, texts: Vec<String>) -> Result<Vec<Vector>, EmbedError> {
        let encoder = Arc::clone(self.encoder().await?);
        off_the_async_threads(move || texts.iter().map(|text| vector(&encoder, text)).collect()).await
    }

    async fn encoder(&self) -> Result<&Arc<Encoder>, EmbedError> {
        let load = || async {
            let folder = self.folder.clone();
            let load = move || match folder {
                Some(folder) => Encoder::from_dir(&folder),
                None => Encoder::built_in(),
            };
            off_the_async_threads(move || load().map(Arc::new).map_err(|error| unusable(&error))).await
        };
        self.encoder.get_or_try_init(load).await
    }
}

fn vector(encoder: &Encoder, text: &str) -> Result<Vector, EmbedError> {
    let numbers = encoder.encode(text).map_err(|error| EmbedError::refused(described(&error)))?;
    Vector::new(numbers).ok_or_else(|| EmbedError::refused("the model returned a vector of zeros"))
}

async fn off_the_async_threads<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, EmbedError> + Send + 'static,
) -> Result<T, EmbedError> {
    let failed = |_| EmbedError::unavailable("the model failed");
    spawn_blocking(work).await.map_err(failed)?
}

fn unusable(error: &ModelError) -> EmbedError {
    EmbedError::unavailable(format!("the model cannot be used: {}", described(error)))
}

fn described(error: &ModelError) -> String {
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}
