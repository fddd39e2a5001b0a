//! Reads what a model keeps in other files: its own name and a part of a file beside it go in, bytes
//! come out.
//!
//! Nothing outside of the model's own folder is read, links followed, and nothing but files.

use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use oddity::graph::ExternalPart;

/// The bytes of the part, or what is wrong with it.
pub(super) fn read_part(model: &Path, part: ExternalPart<'_>) -> Result<Vec<u8>, String> {
    let path = folder(model).join(part.file);
    let place = fs::canonicalize(&path).map_err(in_words)?;
    if !homes(model).iter().any(|home| place.parent() == Some(home)) {
        return Err("it is a link to another folder, which is not followed".into());
    }
    if !fs::metadata(&place).map_err(in_words)?.is_file() {
        return Err("it is no file".into());
    }
    let mut file = File::open(&place).map_err(in_words)?;
    let size = file.metadata().map_err(in_words)?.len();
    let ExternalPart { offset, length, .. } = part;
    if offset.checked_add(length).is_none_or(|end| end > size) {
        return Err(format!(
            "it has {size} bytes, too few for {length} from byte {offset} on; is it cut off, or does \
             it belong to another model?"
        ));
    }
    file.seek(SeekFrom::Start(offset)).map_err(in_words)?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes).map_err(in_words)?;
    match bytes.len() as u64 == length {
        true => Ok(bytes),
        false => Err("it was cut off while it was read".into()),
    }
}

fn in_words(error: io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => {
            "there is no such file; copy it along with the model, under the same name".into()
        }
        _ => error.to_string(),
    }
}

/// The folder as it is named.
fn folder(model: &Path) -> &Path {
    match model.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

/// The folder as it is named, and that in which the file lies: download caches link both files to
/// one.
fn homes(model: &Path) -> Vec<PathBuf> {
    let named = fs::canonicalize(folder(model)).ok();
    let real = fs::canonicalize(model).ok();
    named.into_iter().chain(real.and_then(|path| path.parent().map(Path::to_path_buf))).collect()
}
