//! Normal data goes in; a model with its profile comes out.
//!
//! [`fit`] learns a linear autoencoder on the spot; [`calibrate`] gives a profile to an external model.
//! Both read the data several times and hold none of it, and judge windows only out of fold.

mod calibrate;
mod channel;
mod check;
mod counter;
mod data;
mod draft;
mod drift;
mod error;
mod false_alarms;
mod finish;
mod fold;
mod gaps;
mod glitch;
mod idle;
mod judge;
mod label;
mod learn;
mod left_out;
mod linear;
mod long;
mod moments;
mod new_normal;
mod normal;
mod odd;
mod options;
mod paired;
mod pca;
#[cfg(feature = "pictures")]
mod pictures;
mod prepared;
mod problems;
mod ranges;
mod raw;
mod reconstructor;
mod scatter;
mod score;
mod sensitivity;
mod states;
mod stretch;
mod survey;
mod unlike;
mod whole;
mod wide;
mod windows;
mod words;

pub use calibrate::{calibrate, prepare, takes_only_pictures};
#[cfg(feature = "pictures")]
pub use calibrate::{calibrate_pictures, prepare_pictures};
pub use check::{CheckedChannel, DataCheck, check};
pub use data::{Data, count_rows};
pub use error::FitError;
pub use false_alarms::FalseAlarms;
pub use finish::Fitted;
pub use fold::{Example, FOLDS, FoldPart};
pub use idle::without_idle;
pub use label::{Label, LabelValue, Meaning, USUALLY_NORMAL};
pub use learn::fit;
pub use left_out::without_odd;
pub use linear::LinearAutoencoder;
pub use new_normal::{NewNormal, NewNormalError, Since, new_normal};
pub use odd::OddRows;
pub use options::{DEFAULT_VARIANCE, FitOptions, MOST_INPUTS};
pub use prepared::{Prepared, WindowScore};
pub use ranges::RowRanges;
pub use raw::RawWindows;
pub use reconstructor::FoldJudge;
pub use score::ScoreFit;
