//! `oddity record`: what the sensors of this machine measure, as CSV.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use oddity::files::WriteError;
use oddity::sensor::{Column, Sampler, SensorFile};
use oddity::source::{self, SourceError};
use oddity::types::{Sample, Time};
use signal_hook::consts::{SIGINT, SIGTERM};

use crate::cli::exit::Completion;
use crate::cli::stdio::stdout;
use crate::cli::wired::NoticeTeller;

/// Write what the sensors of this machine measure, as CSV: normal data for `fit`
#[derive(Debug, clap::Args)]
pub(in crate::cli) struct RecordArgs {
    /// Which sensors, where, and how often: see docs/sensors.md
    #[arg(long, value_name = "FILE")]
    sensor: PathBuf,
    /// Rows to write [default: until it is stopped]
    #[arg(short = 'n', long, value_name = "ROWS")]
    rows: Option<u64>,
    /// In place of `/`: a folder with a `sys` in it
    #[arg(long, value_name = "DIR", default_value = "/", hide = true)]
    root: PathBuf,
}

pub(super) fn run(args: &RecordArgs) -> anyhow::Result<Completion> {
    let file = SensorFile::read(&args.sensor)?;
    let stopped = source::stop_flag();
    for signal in [SIGINT, SIGTERM] {
        // The first one ends the recording after a whole row, the second one at once.
        let at_once = signal_hook::flag::register_conditional_default(signal, stopped.clone());
        let gently = signal_hook::flag::register(signal, stopped.clone());
        at_once.and(gently).map_err(SourceError::Signals)?;
    }
    let mut sampler = Sampler::open(file, &args.root)?;
    let mut out = stdout();
    write_header(&mut out, sampler.columns()).map_err(WriteError::stdout)?;
    let mut left = args.rows;
    let mut teller = NoticeTeller::default();
    while left != Some(0) && !stopped.load(Ordering::Relaxed) {
        let mut tell = |notice: oddity::sensor::Notice<'_>| teller.tell(&notice);
        let Some(sample) = sampler.next_row(&mut tell)? else { continue };
        write_row(&mut out, &sample).map_err(WriteError::stdout)?;
        left = left.map(|left| left - 1);
    }
    Ok(Completion::Done)
}

fn write_header(out: &mut impl Write, columns: &[Column]) -> io::Result<()> {
    out.write_all(b"time")?;
    for column in columns {
        write!(out, ",{}", column.name)?;
    }
    out.write_all(b"\n")?;
    out.flush()
}

/// One line for each row, handed on at once; a missing value is an empty field.
fn write_row(out: &mut impl Write, sample: &Sample<'_>) -> io::Result<()> {
    if let Some(Time(nanos)) = sample.time {
        let time = Timestamp::from_nanosecond(nanos.into()).map_err(io::Error::other)?;
        write!(out, "{time:.6}")?;
    }
    for value in sample.values {
        out.write_all(b",")?;
        // What was a number of 32 bits is written as one: in as few digits as it takes.
        let short = *value as f32;
        if f64::from(short) == *value {
            write!(out, "{short}")?;
        } else if !value.is_nan() {
            write!(out, "{value}")?;
        }
    }
    out.write_all(b"\n")?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_a_line_of_few_digits_and_empty_where_a_value_is_missing() {
        let mut out = Vec::new();
        let values = [f64::from(0.1_f32), f64::NAN, 0.1, -3.0];
        let time = Some(Time(1_500_000_000));
        write_row(&mut out, &Sample { stream: "", row: 1, time, values: &values }).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "1970-01-01T00:00:01.500000Z,0.1,,0.1,-3\n");
    }
}
