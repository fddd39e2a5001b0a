//! Where the real data is. Nothing of it is part of this repository: tests that need it are
//! ignored unless they are asked for (`cargo test -- --include-ignored`), and fail then if it is
//! not there.

use std::path::{Path, PathBuf};

/// The data folder: `ODDITY_DATA`, else `../shared/data` beside the package.
#[track_caller]
pub fn data() -> PathBuf {
    let folder = match std::env::var_os("ODDITY_DATA") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data"),
    };
    assert!(
        folder.is_dir(),
        "no data at {}: set ODDITY_DATA to its folder, or leave out --include-ignored",
        folder.display()
    );
    folder
}
