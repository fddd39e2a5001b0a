//! MNIST's idx files: grey pictures of one size, one after the other (LeCun, Cortes & Burges, "The
//! MNIST database of handwritten digits").
//!
//! A path goes in; the size comes out, then one picture after the other. The length of the file is
//! held against its header before anything is read.

use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::error::PictureError;
use super::shape::{MOST_PIXELS, MOST_SIDE};

/// u8 in three axes.
pub(super) const PICTURES: [u8; 4] = [0, 0, 8, 3];
/// u8 in one axis.
const LABELS: [u8; 4] = [0, 0, 8, 1];
const HEADER: u64 = 16;

/// What an idx file holds.
#[derive(Clone, Debug)]
pub(super) struct Idx {
    pub(super) path: PathBuf,
    pub(super) count: usize,
    pub(super) height: usize,
    pub(super) width: usize,
}

impl Idx {
    /// The header of a file; `None` where it is no idx file.
    pub(super) fn open(path: &Path) -> Result<Option<Self>, PictureError> {
        let failed = |source| PictureError::Read { path: path.into(), source };
        let damaged = |what: String| PictureError::Damaged { path: path.into(), what };
        let mut file = File::open(path).map_err(failed)?;
        let mut head = Vec::new();
        file.by_ref().take(HEADER).read_to_end(&mut head).map_err(failed)?;
        if head.starts_with(&LABELS) {
            let what = "it holds labels; name the file of the pictures".into();
            return Err(damaged(what));
        }
        let Some(numbers) = head.strip_prefix(&PICTURES) else { return Ok(None) };
        let mut numbers = numbers.chunks_exact(4).map(|word| {
            word.iter().fold(0usize, |number, &byte| (number << 8) | usize::from(byte))
        });
        let (Some(count), Some(height), Some(width)) =
            (numbers.next(), numbers.next(), numbers.next())
        else {
            return Err(damaged("the file is cut off".into()));
        };
        let side = 1..=MOST_SIDE;
        if !side.contains(&height) || !side.contains(&width) || height * width > MOST_PIXELS {
            return Err(damaged(format!("its pictures are {height} x {width}")));
        }
        let length = file.metadata().map_err(failed)?.len();
        let wanted = HEADER + count as u64 * (height * width) as u64;
        if length != wanted {
            return Err(damaged(format!(
                "{count} pictures of {height} x {width} are {wanted} bytes, the file has {length}"
            )));
        }
        Ok(Some(Self { path: path.into(), count, height, width }))
    }

    /// The pixels of its pictures from the first.
    pub(super) fn start(&self) -> Result<BufReader<File>, PictureError> {
        let start = || -> io::Result<BufReader<File>> {
            let mut file = File::open(&self.path)?;
            file.seek(SeekFrom::Start(HEADER))?;
            Ok(BufReader::new(file))
        };
        start().map_err(|source| PictureError::Read { path: self.path.clone(), source })
    }

    /// The next picture of `pixels`.
    pub(super) fn next(&self, pixels: &mut BufReader<File>) -> Result<Vec<u8>, PictureError> {
        let mut picture = vec![0; self.height * self.width];
        pixels
            .read_exact(&mut picture)
            .map_err(|source| PictureError::Read { path: self.path.clone(), source })?;
        Ok(picture)
    }
}
