//! Where the real data is. Nothing of it is part of this repository, so tests that need it can be skipped.

#![allow(clippy::panic)]

use std::path::{Path, PathBuf};

/// The data folder: `ODDITY_DATA`, else `../shared/data` beside the package.
///
/// `None`, after a line on stderr, when it is absent. Panics then if `CI` is set: there nothing may be
/// skipped without being seen.
pub fn data() -> Option<PathBuf> {
    let folder = match std::env::var_os("ODDITY_DATA") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
    };
    if folder.is_dir() {
        return Some(folder);
    }
    let message = format!("skipped: no data at {}", folder.display());
    if std::env::var_os("CI").is_some() {
        panic!("{message}");
    }
    eprintln!("{message}");
    None
}
