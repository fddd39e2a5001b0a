//! Rows go in; the same rows as the model gives them back come out, as CSV in the sensors' own units.

use std::io::{self, BufWriter, Write};
use std::path::Path;

use oddity::args::ReadArgs;
use oddity::files::WriteError;
use oddity::model::Bundle;
use oddity::profile::Profile;
use oddity::window::WindowShape;

use crate::cli::stdio::stdout;
use crate::cli::stream::{RowStream, WindowAnswer, windows};
use crate::cli::table::CsvLine;

/// A window a row: each row is taken from the one that ends at it.
const HOP: usize = 1;

/// From a file or standard input to standard output.
pub(super) fn run(
    bundle: &Bundle,
    read: &ReadArgs,
    input: Option<&Path>,
    strict: bool,
) -> anyhow::Result<()> {
    let profile = bundle.profile();
    let stream = RowStream::live(input, read, profile, strict);
    let mut table =
        Table { line: CsvLine::default(), profile, has_key: stream.has_key(), has_time: None };
    let mut out = BufWriter::new(stdout());
    windows(bundle, stream, HOP, &mut out, |answer, out| table.rows(answer, out))?;
    table.header(false, &mut out).and_then(|()| out.flush()).map_err(WriteError::stdout)?;
    Ok(())
}

/// Rows in the sensors' own units.
struct Table<'a> {
    line: CsvLine,
    profile: &'a Profile,
    has_key: bool,
    /// Whether there is a time column; decided by the first row.
    has_time: Option<bool>,
}

impl Table<'_> {
    /// The rows of a window that no window before it had.
    fn rows(&mut self, answer: WindowAnswer<'_>, out: &mut impl Write) -> io::Result<()> {
        let WindowAnswer { sample, windower, answer, kept } = answer;
        self.header(sample.time.is_some(), out)?;
        let shape = WindowShape::of(self.profile);
        let own = self.profile.streams.iter().find(|stream| stream.name == sample.stream);
        for (index, &(time, row)) in windower.marks().iter().enumerate() {
            // Also a row that is held for a missing one: it has the number of the one before.
            if row <= *kept {
                continue;
            }
            *kept = row;
            if self.has_key {
                self.line.word(sample.stream);
            }
            if self.has_time == Some(true) {
                self.line.time(time);
            }
            for (number, channel) in self.profile.channels.iter().enumerate() {
                let at = shape.place(index, number);
                let value = answer.values.get(at).copied().unwrap_or(f32::NAN);
                let own =
                    own.and_then(|own| Some((*own.mean.get(number)?, *own.scale.get(number)?)));
                let (mean, scale) = own.unwrap_or((channel.mean, channel.scale));
                self.line.scaled(value, mean, scale);
            }
            self.line.end(out)?;
        }
        Ok(())
    }

    /// Once, before anything else.
    fn header(&mut self, has_time: bool, out: &mut impl Write) -> io::Result<()> {
        if self.has_time.is_some() {
            return Ok(());
        }
        self.has_time = Some(has_time);
        if self.has_key {
            self.line.word("stream");
        }
        if has_time {
            self.line.word("time");
        }
        for channel in &self.profile.channels {
            self.line.word(&channel.name);
        }
        self.line.end(out)
    }
}
