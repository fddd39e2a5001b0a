//! Who has to do something about an error: a class goes in, the exit code of a program comes out.
//!
//! The error enums of the rooms sort their variants into these classes. Knows no error itself.

/// Who has to do something about an error. What belongs to no other class is the command line's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blame {
    /// The command line, or a file that it names.
    CommandLine,
    /// What is in the data.
    Data,
    /// The machine: reading or writing failed on the way.
    Machine,
}

impl Blame {
    /// The exit code of a program that ends with such an error: 2 as shells use it, `EX_DATAERR` and
    /// `EX_IOERR` of `sysexits.h`.
    pub fn exit_code(self) -> u8 {
        match self {
            Self::CommandLine => 2,
            Self::Data => 65,
            Self::Machine => 74,
        }
    }
}
