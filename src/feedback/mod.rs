//! What somebody knows of what was raised, or was not, and of what is normal now, goes in; the profile that follows from
//! it comes out, with what is to be said of it.
//!
//! [`false_alarms`] and [`missed`] move the threshold alone, [`new_normal`] what is normal. The network is never changed.
//! The profile keeps the history, so that each step can be taken back by [`undo`].

mod error;
mod history;
mod lines;
mod new_normal;
mod replay;

pub use error::FeedbackError;
pub use history::undo;
pub use lines::Lines;
pub use new_normal::new_normal;
pub use replay::{false_alarms, missed};
