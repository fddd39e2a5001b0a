//! What a graph does otherwise than its file says, for people: all of it in one place.

use std::fmt;

use super::error::shown;
use super::options::Sampling;

/// Something that was changed when a file was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The input has free axes, which were given a length.
    Fixed {
        /// Its axes after the first.
        window: Vec<usize>,
    },
    /// Numbers that the file draws at random, or wants given as noise, are always the same.
    Sampled {
        /// Names of the values.
        values: Vec<String>,
        /// How many of them nodes draw; the others are inputs.
        nodes: usize,
        /// What they are.
        sampling: Sampling,
    },
    /// Half floats became f32.
    Widened,
    /// The planes of this output lie elsewhere than those of the input, and were moved.
    Turned {
        /// Its name.
        output: String,
        /// Its axes in the file, the batch first.
        axes: Vec<usize>,
    },
}

impl Notice {
    /// What is to be said of the axes that a file leaves free.
    pub(super) fn fixed(free: &[usize], window: &[usize]) -> Option<Self> {
        (!free.is_empty()).then(|| Notice::Fixed { window: window.to_vec() })
    }
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Notice::Widened => write!(
                f,
                "what is stored in float16 or bfloat16 is computed in f32; windows are f32 too"
            ),
            Notice::Fixed { window } => {
                write!(f, "the file leaves axes of its windows free; here they are {window:?}")
            }
            Notice::Sampled { values, nodes, sampling } => {
                let first = values.first().map(|name| shown(name)).unwrap_or_default();
                let others = match values.len() {
                    0 | 1 => String::new(),
                    count => format!(" and {} more", count - 1),
                };
                let how = if *nodes == 0 { "is noise that is given" } else { "is drawn at random" };
                let instead = match sampling {
                    Sampling::Mean => "its mean stands for it".to_owned(),
                    Sampling::Seed(seed) => {
                        format!("the same noise (seed {seed}) stands for it in each window")
                    }
                };
                write!(f, "`{first}`{others} {how}; {instead}")
            }
            Notice::Turned { output, axes } => {
                let axes = axes.get(1..).unwrap_or_default();
                write!(
                    f,
                    "output `{}` has the axes {axes:?} in the file; they are put into the order of the \
                     input's",
                    shown(output)
                )
            }
        }
    }
}
