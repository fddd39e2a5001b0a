//! For tests: the ONNX files that are at hand.

use std::path::{Path, PathBuf};

/// Names and bytes of the project's own models, and of the collection of models where it is there.
pub(crate) fn onnx_files() -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data =
        std::env::var_os("ODDITY_DATA").map_or_else(|| root.join("../shared/data"), PathBuf::from);
    let ours = in_folder(&root.join("models"));
    assert!(!ours.is_empty());
    ours.into_iter().chain(in_folder(&data.join("zoo"))).collect()
}

fn in_folder(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "onnx"))
        .collect();
    paths.sort();
    let read = |path: PathBuf| Some((path.display().to_string(), std::fs::read(path).ok()?));
    paths.into_iter().filter_map(read).collect()
}
