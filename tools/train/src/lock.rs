//! Keeps two runs from writing the same model at once: the path of a lock file goes in, a lock that
//! lasts as long as its value and its process comes out.
//!
//! The lock is the system's own, so that of a run that was killed is free. Where a file system has no
//! locks, there is none.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use oddity::files::WriteError;

/// Times that a lock file may go away while it is taken.
const TRIES: usize = 8;

/// Why there is no lock.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another run holds it.
    #[error(
        "another run{process} is still making this model, and holds {}: let it end, or name another --output",
        .path.display()
    )]
    Held {
        /// The lock file.
        path: PathBuf,
        /// ` (process N)`, or nothing where that is not known.
        process: String,
    },
    /// The file cannot be made.
    #[error(transparent)]
    Write(#[from] WriteError),
}

/// A lock that is held.
#[derive(Debug)]
pub struct RunLock {
    path: PathBuf,
    /// Closing it lets go.
    _file: File,
}

impl RunLock {
    /// Takes the lock.
    ///
    /// # Errors
    /// When another process holds it, or the file cannot be made.
    pub fn take(path: &Path) -> Result<Self, LockError> {
        let failed = |source| WriteError { what: path.display().to_string(), source };
        for _ in 0..TRIES {
            let open =
                OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path);
            let mut file = open.map_err(failed)?;
            match file.try_lock() {
                Err(TryLockError::WouldBlock) => {
                    let mut text = String::new();
                    // It is said for help only.
                    let _ = file.read_to_string(&mut text);
                    let process = match text.trim().parse::<u32>() {
                        Ok(number) => format!(" (process {number})"),
                        Err(_) => String::new(),
                    };
                    return Err(LockError::Held { path: path.into(), process });
                }
                Err(TryLockError::Error(_)) | Ok(()) => {}
            }
            // The run that held it may have taken the file away in between.
            let same =
                std::fs::metadata(path).and_then(|there| Ok(there.ino() == file.metadata()?.ino()));
            if same.is_ok_and(|same| same) {
                file.set_len(0).map_err(failed)?;
                write!(file, "{}", std::process::id()).map_err(failed)?;
                return Ok(Self { path: path.into(), _file: file });
            }
        }
        Err(failed(std::io::Error::other("it goes away as often as it is made")).into())
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        // One that stays is in nobody's way: no process holds it.
        let _ = std::fs::remove_file(&self.path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_run_at_a_time_and_then_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("m.onnx.lock");
        let first = RunLock::take(&path).unwrap();
        let error = RunLock::take(&path).unwrap_err().to_string();
        let process = format!("(process {})", std::process::id());
        assert!(error.contains(&process) && error.contains("m.onnx.lock"), "{error}");
        drop(first);
        assert!(!path.exists());
        // What a killed run has left is no lock.
        std::fs::write(&path, "1").unwrap();
        RunLock::take(&path).unwrap();
        assert!(!path.exists());
    }
}
