//! Options that say how data is written, for whoever does not want it guessed.

use clap::Args;

use crate::decode::{self, Delimiter, PivotHint, ReadHints};

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
    #[arg(
        id = "skip_lines",
        long = "skip",
        value_name = "LINES",
        default_value_t = 0,
        hide_default_value = true
    )]
    pub skip: u64,
    /// How times are written, such as `%d/%m/%Y %H:%M:%S` (the letters of strftime) [default: told
    /// from the data]
    #[arg(long, value_name = "FORMAT", value_parser = time_format)]
    pub time_format: Option<String>,
    /// Zone of times that do not say theirs, such as Europe/Berlin [default: UTC]
    #[arg(long, value_name = "NAME", value_parser = time_zone)]
    pub time_zone: Option<String>,
    /// Long format, where each line has the reading of one sensor.
    #[arg(
        long,
        value_name = "NAME,VALUE",
        default_value = "auto",
        hide_default_value = true,
        help = "Long format: column NAME names the sensor, VALUE holds its reading; the sensors are the \
channels. `none` reads columns as they are [default: where it is plain, or as the model has learned]"
    )]
    pub pivot: PivotHint,
}

impl HintArgs {
    /// What is said.
    pub fn hints(&self) -> ReadHints {
        // What parts thousands does not stand before decimals.
        let other = self.thousands.map(|mark| if mark == '.' { ',' } else { '.' });
        ReadHints {
            decimal: self.decimal.or(other),
            delimiter: self.delimiter,
            skip: self.skip,
            time_format: self.time_format.clone(),
            time_zone: self.time_zone.clone(),
            pivot: self.pivot.clone(),
        }
    }
}

fn time_format(text: &str) -> Result<String, String> {
    decode::check_time_format(text).map(|()| text.to_owned())
}

fn time_zone(text: &str) -> Result<String, String> {
    decode::check_time_zone(text).map(|()| text.to_owned())
}

fn mark(text: &str) -> Result<char, String> {
    match text {
        "." => Ok('.'),
        "," => Ok(','),
        _ => Err("write . or ,".into()),
    }
}
