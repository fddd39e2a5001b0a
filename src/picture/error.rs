//! Why a picture cannot be read or drawn. Each names the file and says what to do.

use std::io::{self, ErrorKind};
use std::path::PathBuf;

use super::shape::PictureShape;
use crate::blame::Blame;

/// What is wrong with a picture.
#[derive(Debug, thiserror::Error)]
pub enum PictureError {
    /// The system refused.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// File or folder.
        path: PathBuf,
        /// The system's own words.
        source: io::Error,
    },
    /// A folder without pictures.
    #[error("folder {} holds no .png, .jpg or .jpeg file (its subfolders are not searched)", path.display())]
    Empty {
        /// The folder.
        path: PathBuf,
    },
    /// No paths at all, or idx files without a picture.
    #[error("there is no picture: name PNG, JPEG or MNIST idx files, or a folder of pictures")]
    Nothing,
    /// Neither of the formats.
    #[error("{} is not a readable picture; give PNG, JPEG or MNIST idx files", path.display())]
    Format {
        /// The file.
        path: PathBuf,
    },
    /// The file is compressed as a whole.
    #[error("{} is compressed: `gunzip` it first", path.display())]
    Compressed {
        /// The file.
        path: PathBuf,
    },
    /// One of the formats, but cut off or broken.
    #[error("{} is damaged: {what}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// How.
        what: String,
    },
    /// Over a limit that protects the machine.
    #[error("{} is too large: {what}", path.display())]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// What, and the limit.
        what: String,
    },
    /// Pictures of several sizes, and no size to which all are brought.
    #[error(
        "{} is {found}, but the first picture is {first}: give a size and grey or colour, to which \
         all are converted", path.display()
    )]
    Mixed {
        /// The file that differs.
        path: PathBuf,
        /// Its shape.
        found: PictureShape,
        /// The shape of the first.
        first: PictureShape,
    },
    /// A size or a number of planes that no picture has.
    #[error("{0}")]
    Options(String),
    /// Nothing that can be drawn.
    #[error("cannot draw this: {0}")]
    Draw(String),
}

impl PictureError {
    /// The data's where what a file holds is at fault, and not which files were named.
    pub fn blame(&self) -> Blame {
        match self {
            Self::Read { source, .. } => match source.kind() {
                // What opening a file says of its name.
                ErrorKind::NotFound | ErrorKind::NotADirectory | ErrorKind::PermissionDenied => {
                    Blame::CommandLine
                }
                _ => Blame::Machine,
            },
            Self::Format { .. }
            | Self::Compressed { .. }
            | Self::Damaged { .. }
            | Self::TooLarge { .. }
            | Self::Mixed { .. } => Blame::Data,
            Self::Empty { .. } | Self::Nothing | Self::Options(_) | Self::Draw(_) => {
                Blame::CommandLine
            }
        }
    }
}
