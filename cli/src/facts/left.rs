//! The file of the facts that are not stored, which can be imported again.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde_json::json;

use super::record::Record;

/// Made before anything is sent, so that nothing can be lost for want of it.
pub(crate) struct Left {
    path: PathBuf,
    file: BufWriter<File>,
    number: usize,
}

impl Left {
    /// Beside the file that is imported. One that is there already is not touched.
    pub(crate) fn beside(imported: &Path) -> io::Result<Self> {
        let mut number = 1;
        loop {
            let mut name = imported.as_os_str().to_owned();
            name.push(if number == 1 { ".failed.jsonl".to_owned() } else { format!(".failed-{number}.jsonl") });
            let path = PathBuf::from(name);
            match private().create_new(true).open(&path) {
                Ok(file) => return Ok(Self { path, file: BufWriter::new(file), number: 0 }),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(io::Error::new(error.kind(), format!("{}: {error}", path.display()))),
            }
        }
    }

    pub(crate) fn write(&mut self, record: &Record, bucket: &str, error: &str) -> io::Result<()> {
        self.number += 1;
        writeln!(self.file, "{}", json!({"content": record.content, "bucket": bucket, "error": error}))
    }

    /// The file, unless nothing is in it; then there is none.
    pub(crate) fn finish(mut self) -> io::Result<Option<PathBuf>> {
        self.file.flush()?;
        if self.number == 0 {
            fs::remove_file(&self.path)?;
            return Ok(None);
        }
        self.file.get_ref().sync_all()?;
        Ok(Some(self.path))
    }
}

/// The facts may be nobody else's business.
fn private() -> fs::OpenOptions {
    let mut options = File::options();
    options.write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}
