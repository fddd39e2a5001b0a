//! Files and folders go in; one picture after the other comes out, all of one shape.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};

use image::{DynamicImage, GrayImage, ImageFormat};

use super::error::PictureError;
use super::file;
use super::idx::{self, Idx};
use super::shape::{MOST_SIDE, PictureOptions, PictureShape};

/// Pictures of files and folders, read one by one. At least one.
#[derive(Debug)]
pub struct Pictures {
    entries: Vec<Entry>,
    options: PictureOptions,
    shape: PictureShape,
    /// The entry to read next, and of an idx file the picture in it.
    at: (usize, usize),
    open: Option<BufReader<File>>,
    name: String,
    values: Vec<f32>,
}

#[derive(Clone, Debug)]
enum Entry {
    File(PathBuf),
    Idx(Idx),
}

/// Endings of the files that are taken from a folder, in small letters.
const ENDINGS: [&str; 3] = ["png", "jpg", "jpeg"];

impl Pictures {
    /// Finds the pictures: of a folder its PNG and JPEG files (by their endings) in the order of
    /// their names, of an MNIST idx file all that it holds. Where `options` leave anything open, the
    /// first picture is read to learn the shape that all must have.
    ///
    /// # Errors
    /// When there is none, the first one is needed and cannot be read, or `options` ask for what no picture has.
    pub fn open(paths: &[PathBuf], options: PictureOptions) -> Result<Self, PictureError> {
        let side = 1..=MOST_SIDE;
        if options.size.is_some_and(|(h, w)| !side.contains(&h) || !side.contains(&w)) {
            let what = format!("a size must be 1 to {MOST_SIDE} pixels per side");
            return Err(PictureError::Options(what));
        }
        if options.planes.is_some_and(|planes| planes != 1 && planes != 3) {
            let what = "a picture has 1 plane (grey) or 3 (colour)".into();
            return Err(PictureError::Options(what));
        }
        let mut entries = Vec::new();
        for path in paths {
            if path.is_dir() {
                entries.extend(files_in(path)?.into_iter().map(Entry::File));
            } else {
                entries.push(match Idx::open(path)? {
                    Some(idx) => Entry::Idx(idx),
                    None => Entry::File(path.clone()),
                });
            }
        }
        entries.retain(|entry| !matches!(entry, Entry::Idx(idx) if idx.count == 0));
        let mut pictures = Self {
            entries,
            options,
            shape: PictureShape { planes: 0, height: 0, width: 0 },
            at: (0, 0),
            open: None,
            name: String::new(),
            values: Vec::new(),
        };
        pictures.shape = match (options.size, options.planes) {
            _ if pictures.entries.is_empty() => return Err(PictureError::Nothing),
            (Some((height, width)), Some(planes)) => PictureShape { planes, height, width },
            _ => pictures.read()?.ok_or(PictureError::Nothing)?,
        };
        pictures.rewind();
        Ok(pictures)
    }

    /// The shape of every picture.
    pub fn shape(&self) -> PictureShape {
        self.shape
    }

    /// How many pictures there are; at least one.
    pub fn count(&self) -> usize {
        let count = |entry: &Entry| match entry {
            Entry::File(_) => 1,
            Entry::Idx(idx) => idx.count,
        };
        self.entries.iter().map(count).sum()
    }

    /// The next picture: its name (the file's; in an idx file with the picture's number from 0) and
    /// its values, `[planes, height, width]` from 0 to 1. `None` after the last.
    ///
    /// # Errors
    /// When it cannot be read, or is of another shape than the first. The one after it can be read.
    // Not an iterator: what it gives lives until the next call.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Option<(&str, &[f32])>, PictureError> {
        let path = match self.entries.get(self.at.0) {
            Some(Entry::File(path)) => path.clone(),
            Some(Entry::Idx(idx)) => idx.path.clone(),
            None => return Ok(None),
        };
        let Some(found) = self.read()? else { return Ok(None) };
        if found != self.shape {
            return Err(PictureError::Mixed { path, found, first: self.shape });
        }
        Ok(Some((&self.name, &self.values)))
    }

    /// Another reader of the same pictures, from the first.
    pub fn again(&self) -> Self {
        Self {
            entries: self.entries.clone(),
            options: self.options,
            shape: self.shape,
            at: (0, 0),
            open: None,
            name: String::new(),
            values: Vec::new(),
        }
    }

    /// Begins anew with the first picture.
    pub fn rewind(&mut self) {
        self.at = (0, 0);
        self.open = None;
    }

    /// Reads the next picture into `name` and `values`.
    fn read(&mut self) -> Result<Option<PictureShape>, PictureError> {
        let (entry, number) = self.at;
        let image = match self.entries.get(entry) {
            None => return Ok(None),
            Some(Entry::File(path)) => {
                self.at = (entry + 1, 0);
                self.name = file_name(path);
                file::decode(path)?
            }
            Some(Entry::Idx(idx)) => {
                self.at = match number + 1 < idx.count {
                    true => (entry, number + 1),
                    false => (entry + 1, 0),
                };
                let digits = idx.count.saturating_sub(1).to_string().len();
                self.name = format!("{}.{number:0digits$}", file_name(&idx.path));
                let mut pixels = match self.open.take() {
                    Some(pixels) if number > 0 => pixels,
                    _ => idx.start()?,
                };
                let pixels = (idx.next(&mut pixels)?, self.open.insert(pixels)).0;
                let grey = GrayImage::from_raw(idx.width as u32, idx.height as u32, pixels);
                DynamicImage::ImageLuma8(grey.unwrap_or_default())
            }
        };
        Ok(Some(file::planes(&image, self.options, &mut self.values)))
    }
}

/// Bytes at the beginning of a file that tell its format.
const HEAD: u64 = 16;

/// Whether pictures may be read from a path: it is a folder, or a file that begins as PNG, JPEG or an
/// MNIST idx file of pictures. What is no file, such as a pipe, is left untouched.
pub fn is_picture(path: &Path) -> bool {
    let Ok(found) = std::fs::metadata(path) else { return false };
    if !found.is_file() {
        return found.is_dir();
    }
    let mut head = Vec::new();
    let read = File::open(path).and_then(|file| file.take(HEAD).read_to_end(&mut head));
    let format = image::guess_format(&head);
    read.is_ok()
        && (head.starts_with(&idx::PICTURES)
            || matches!(format, Ok(ImageFormat::Png | ImageFormat::Jpeg)))
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// The PNG and JPEG files of a folder, by their endings, in the order of their names.
///
/// # Errors
/// When it cannot be read, or there are none.
pub fn files_in(path: &Path) -> Result<Vec<PathBuf>, PictureError> {
    let failed = |source| PictureError::Read { path: path.into(), source };
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(failed)? {
        let entry = entry.map_err(failed)?.path();
        let ending = entry.extension().map(|e| e.to_string_lossy().to_lowercase());
        if ending.is_some_and(|e| ENDINGS.contains(&e.as_str())) && entry.is_file() {
            found.push(entry);
        }
    }
    if found.is_empty() {
        return Err(PictureError::Empty { path: path.into() });
    }
    found.sort();
    Ok(found)
}
