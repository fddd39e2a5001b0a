//! The part of the profile that says how the data was written that the model has learned from: what a
//! guess from one line of a live stream could get wrong.
//!
//! Plain data, and nothing in it has to be there; the room `decode` acts on it.

use alloc::string::String;
use alloc::vec::Vec;

use serde::{Deserialize, Serialize};

/// How the data was written that a model has learned from, as far as that is not plain.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct InputSpec {
    /// All columns in their order, for rows that come without their header. Empty where rows are not
    /// columns in an order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub columns: Vec<String>,
}

impl InputSpec {
    /// Whether nothing is said.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether a program that does not know it reads the same rows of data that has a header.
    pub fn is_optional(&self) -> bool {
        Self { columns: Vec::new(), ..self.clone() }.is_empty()
    }
}
