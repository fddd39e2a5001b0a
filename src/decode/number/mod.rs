//! How the readings of a column are written: marks for decimals and thousands, a unit behind the number,
//! words for a state.
//!
//! The first readings of all columns go in, a [`NumberStyle`] for each comes out; a field with its style
//! gives a reading. Knows nothing of rows or formats.

mod evidence;
mod parts;
mod style;
mod words;

#[cfg(test)]
mod tests;

pub(super) use evidence::{Evidence, Found, resolve};
pub(super) use parts::may_be_split;
pub(super) use style::{Marks, NumberStyle};
