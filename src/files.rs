//! Bytes go in; a file that is written whole or not at all comes out, or an error that names it.
//!
//! Never writes over the data that something was made from.

use std::io;
#[cfg(any(feature = "learn", feature = "pictures", feature = "report"))]
use std::io::Write;
#[cfg(any(feature = "learn", feature = "pictures", feature = "report"))]
use std::path::{Path, PathBuf};

use crate::blame::Blame;

/// Writing failed.
#[derive(Debug, thiserror::Error)]
#[error("cannot write {what}: {source}")]
pub struct WriteError {
    /// What was to be written.
    pub what: String,
    /// Why it was not.
    pub source: io::Error,
}

impl WriteError {
    /// Standard output.
    pub fn stdout(source: io::Error) -> Self {
        Self { what: "standard output".into(), source }
    }

    /// The machine's, whatever it is.
    pub fn blame(&self) -> Blame {
        Blame::Machine
    }

    /// Whether the reader of a pipe has gone, which is no failure of the writer.
    pub fn is_broken_pipe(&self) -> bool {
        self.source.kind() == io::ErrorKind::BrokenPipe
    }
}

/// Writes a file beside its place first, so that a full disk or a kill leaves what was there. A
/// link stays a link; what is no file (a pipe, a device) is written to, and `-` is standard output.
///
/// # Errors
/// Names the file; what was there before then still is.
#[cfg(any(feature = "learn", feature = "pictures", feature = "report"))]
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    if path == Path::new("-") {
        return io::stdout().write_all(bytes).map_err(WriteError::stdout);
    }
    let failed = |source| WriteError { what: path.display().to_string(), source };
    if std::fs::metadata(path).is_ok_and(|data| !data.is_file() && !data.is_dir()) {
        return std::fs::write(path, bytes).map_err(failed);
    }
    let place = &std::fs::canonicalize(path).unwrap_or_else(|_| match std::fs::read_link(path) {
        // A link to what is not there yet.
        Ok(to) => path.parent().unwrap_or(Path::new("")).join(to),
        Err(_) => path.to_path_buf(),
    });
    let folder = match place.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    let write = || -> io::Result<()> {
        let mut file = tempfile::Builder::new()
            .permissions(std::os::unix::fs::PermissionsExt::from_mode(0o644))
            .tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(place).map_err(|error| error.error)?;
        Ok(())
    };
    // The error of a temporary file goes on to name that file, which nobody knows.
    let bare = |error: io::Error| match error.to_string().split_once(" at path ") {
        Some((words, _)) => io::Error::new(error.kind(), words),
        None => error,
    };
    write().map_err(|error| failed(bare(error)))
}

/// Data that is written over is lost for good.
///
/// # Errors
/// When `output` is one of the files in `data`.
#[cfg(any(feature = "learn", feature = "pictures", feature = "report"))]
pub fn refuse_to_overwrite(data: &[PathBuf], output: &Path) -> Result<(), OverwriteError> {
    let Ok(place) = std::fs::canonicalize(output) else { return Ok(()) };
    let same = |path: &PathBuf| std::fs::canonicalize(path).is_ok_and(|path| path == place);
    if place.is_file() && data.iter().any(same) {
        return Err(OverwriteError(output.to_path_buf()));
    }
    Ok(())
}

/// Something would be written over the data that it is made from.
#[cfg(any(feature = "learn", feature = "pictures", feature = "report"))]
#[derive(Debug, thiserror::Error)]
#[error(
    "{} is among the data: writing there would destroy it; write elsewhere",
    .0.display()
)]
pub struct OverwriteError(PathBuf);
