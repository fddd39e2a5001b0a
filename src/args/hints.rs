//! Options that say how data is written, for whoever does not want it guessed.

use clap::Args;

use crate::decode::{Delimiter, ReadHints};

/// How data is written. What is not said is detected.
#[derive(Clone, Debug, Default, PartialEq, Args)]
pub struct HintArgs {
    /// What stands before decimals: `.` or `,` [default: detected from the first lines]
    #[arg(long, value_name = "MARK", value_parser = mark)]
    pub decimal: Option<char>,
    /// What parts thousands: `,` or `.`; blanks and apostrophes always do [default: detected from the
    /// first lines]
    #[arg(long, value_name = "MARK", value_parser = mark, conflicts_with = "decimal")]
    pub thousands: Option<char>,
    /// What stands between fields: tab, space (blanks, as in aligned columns), or a character [default: detected from
    /// the first lines]
    #[arg(long, value_name = "CHARACTER")]
    pub delimiter: Option<Delimiter>,
    /// Leave out the first LINES lines of the input
    #[arg(long, value_name = "LINES", default_value_t = 0, hide_default_value = true)]
    pub skip: u64,
}

impl HintArgs {
    /// What is said.
    pub fn hints(&self) -> ReadHints {
        // What parts thousands does not stand before decimals.
        let other = self.thousands.map(|mark| if mark == '.' { ',' } else { '.' });
        ReadHints { decimal: self.decimal.or(other), delimiter: self.delimiter, skip: self.skip }
    }
}

fn mark(text: &str) -> Result<char, String> {
    match text {
        "." => Ok('.'),
        "," => Ok(','),
        _ => Err("write . or ,".into()),
    }
}
