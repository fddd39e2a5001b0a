//! The values between the layers of a program: what they hold, and where they lie.

/// What a value holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Element {
    /// f32.
    F32,
    /// Quantised numbers; signed ones are stored with 128 added.
    U8,
}

impl Element {
    pub(super) fn bytes(self) -> usize {
        match self {
            Element::F32 => 4,
            Element::U8 => 1,
        }
    }
}

/// A value of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ValueId(pub(super) usize);

/// Where a value lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Input,
    Constant(usize),
    Buffer(usize),
    Output(usize),
}

/// A value: elements for one window, and its place.
#[derive(Clone, Debug)]
pub(super) struct Value {
    pub element: Element,
    pub len: usize,
    pub place: Place,
}
