//! The kinds of cells, with what belongs to each.

use alloc::vec;
use alloc::vec::Vec;

use crate::map::Activation;

/// What becomes of the gates of one step. Gates lie in ONNX's order.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// One gate: `h = f(x + R h)`.
    Rnn {
        /// The activation.
        f: Activation,
    },
    /// Gates i, o, f, c: `c = f c + i g(c~)`, `h = o h(c)`.
    Lstm {
        /// Of the gates i, o and f.
        f: Activation,
        /// Of what goes into the cell.
        g: Activation,
        /// Of the cell, on its way out.
        h: Activation,
        /// What the gates i, o and f see of the cell, `[3 x hidden]`; empty for nothing.
        peepholes: Vec<f32>,
        /// Whether the forget gate is 1 less the input gate (`input_forget`).
        coupled: bool,
    },
    /// Gates z, r, h: `h = (1 - z) g(h~) + z h`.
    Gru {
        /// Of the gates z and r.
        f: Activation,
        /// Of the candidate.
        g: Activation,
        /// Whether r multiplies the product with the state rather than the state
        /// (`linear_before_reset`).
        reset_after: bool,
    },
}

impl Cell {
    /// How many gates a hidden unit has.
    pub fn gates(&self) -> usize {
        match self {
            Self::Rnn { .. } => 1,
            Self::Lstm { .. } => 4,
            Self::Gru { .. } => 3,
        }
    }

    /// An LSTM as every framework writes it.
    pub fn lstm() -> Self {
        let (f, g, h) = (Activation::Sigmoid, Activation::Tanh, Activation::Tanh);
        Self::Lstm { f, g, h, peepholes: vec![], coupled: false }
    }

    /// A GRU as every framework writes it.
    pub fn gru(reset_after: bool) -> Self {
        Self::Gru { f: Activation::Sigmoid, g: Activation::Tanh, reset_after }
    }
}
