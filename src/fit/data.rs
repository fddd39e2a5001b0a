//! Files of normal data go in; their rows come out, as often as they are asked for.
//!
//! Fitting reads its data several times instead of holding it, so memory does not grow with it.

use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::FitError;
use crate::decode::{Channels, Columns, Decoder, Format, Item, Options, TimeColumn};
use crate::profile::Key;
use crate::source::{self, Block};
use crate::types::Sample;

/// Files of normal data, and how to read them.
#[derive(Clone, Debug)]
pub struct Data {
    /// One or more files. Windows do not reach from one into the next.
    pub files: Vec<PathBuf>,
    /// How they are written.
    pub format: Format,
    /// Column with the time.
    pub time: TimeColumn,
    /// Column that tells streams apart.
    pub key: Key,
    /// Rows to use, from the first; `None` uses all.
    pub rows: Option<u64>,
    /// Column with what is known of some rows.
    pub label: Option<Label>,
}

/// A column that says more of some rows than their readings do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// Its name, or its number from 1.
    pub column: String,
    /// What its numbers mean.
    pub meaning: Meaning,
}

/// What the numbers in a column of labels mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// Kinds: 0 is normal, any other number is not, so such a row teaches nothing of what is normal.
    Class,
    /// A quantity that rows have besides their readings; all rows are normal.
    Quantity,
}

impl Data {
    /// Whether a row with this label is to be taken for normal; one without a label is.
    pub(super) fn is_normal(&self, label: Option<f64>) -> bool {
        let class = self.label.as_ref().is_some_and(|label| label.meaning == Meaning::Class);
        !class || label.is_none_or(|label| label == 0.0)
    }
}

/// What came with the rows.
pub(super) struct Read {
    /// Columns as found in the first file.
    pub(super) columns: Option<Columns>,
    /// Rows delivered or bad.
    pub(super) rows: u64,
    /// Rows lost, values lost.
    pub(super) problems: u64,
    /// The first of them, in words.
    pub(super) first_problem: Option<String>,
    /// Of the rows' readings, times and labels, in hexadecimal.
    pub(super) sha256: String,
}

impl Data {
    /// Reads all rows. `row` gets the number of the file, from 0, the row, whose number counts on
    /// from one file to the next, and its label.
    ///
    /// # Errors
    /// When a file cannot be read or decoded, and those of `row`.
    pub(super) fn read(
        &self,
        channels: &Channels,
        mut row: impl FnMut(usize, &Sample<'_>, Option<f64>) -> Result<(), FitError>,
    ) -> Result<Read, FitError> {
        let mut read = Read {
            columns: None,
            rows: 0,
            problems: 0,
            first_problem: None,
            sha256: String::new(),
        };
        let mut hash = Sha256::new();
        // The columns found in the first file are those of all.
        let mut channels = channels.clone();
        for (number, path) in self.files.iter().enumerate() {
            let decoder = Decoder::new(Options {
                format: self.format,
                channels: channels.clone(),
                time: self.time.clone(),
                key: match &self.key {
                    Key::Named(name) => Some(name.clone()),
                    Key::AsBefore | Key::None => None,
                },
                label: self.label.as_ref().map(|label| label.column.clone()),
            })?;
            let decoder = self.read_file(path, decoder, &mut read, |sample, label| {
                digest(&mut hash, sample, label);
                row(number, sample, label)
            })?;
            if let Some(columns) = decoder.columns() {
                channels = Channels::Named(columns.channels.clone());
                read.columns.get_or_insert_with(|| columns.clone());
            }
        }
        read.sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(read)
    }

    fn read_file(
        &self,
        path: &std::path::Path,
        mut decoder: Decoder,
        read: &mut Read,
        mut row: impl FnMut(&Sample<'_>, Option<f64>) -> Result<(), FitError>,
    ) -> Result<Decoder, FitError> {
        let in_file = |error| FitError::In { path: path.to_path_buf(), source: Box::new(error) };
        let mut source = source::open(Some(path))?;
        let before = read.rows;
        let most = self.rows.unwrap_or(u64::MAX);
        let mut item = |item: Item<'_>| match item {
            Item::Row { sample, label, .. } => {
                let sample = Sample { row: before + sample.row, ..sample };
                if sample.row > most {
                    return Ok(());
                }
                read.rows = sample.row;
                row(&sample, label)
            }
            Item::Problem(problem) if before + problem.row <= most => {
                read.rows = read.rows.max(before + problem.row);
                read.problems += 1;
                read.first_problem.get_or_insert_with(|| format!("{}: {problem}", path.display()));
                Ok(())
            }
            Item::Problem(_) => Ok(()),
        };
        while let Block::Bytes(bytes) = source.next_block()? {
            decoder.push(bytes, &mut item).map_err(in_file)?;
        }
        decoder.finish(&mut item).map_err(in_file)?;
        Ok(decoder)
    }
}

fn digest(hash: &mut Sha256, sample: &Sample<'_>, label: Option<f64>) {
    hash.update(sample.stream.as_bytes());
    hash.update(sample.time.map_or(i64::MIN, |t| t.0).to_le_bytes());
    for value in sample.values.iter().chain(&label) {
        hash.update(value.to_le_bytes());
    }
}

/// Counts the rows, good or bad.
///
/// # Errors
/// When a file cannot be read or decoded.
pub fn count_rows(data: &Data) -> Result<u64, FitError> {
    let channels = Channels::Discover { only: None, exclude: Vec::new() };
    Ok(data.read(&channels, |_, _, _| Ok(()))?.rows)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blame::Blame;
    use crate::fit::{self, Prepared};

    /// Windows of 200 rows whose column `state` holds these labels in turn.
    fn windows(labels: &[&str], meaning: Meaning) -> Result<u64, FitError> {
        let mut text = "a,b,state\n".to_owned();
        for (row, label) in (0..200).zip(labels.iter().cycle()) {
            text += &format!("{}.5,{},{label}\n", row * 37 % 101, row * 53 % 97);
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let data = Data {
            files: vec![file.path().to_path_buf()],
            format: Format::Auto,
            time: TimeColumn::Auto,
            key: Key::None,
            rows: None,
            label: Some(Label { column: "state".into(), meaning }),
        };
        let options = fit::Options { window: Some(1), ..fit::Options::default() };
        let mut count = 0;
        Prepared::rows(&data, &options)?.each(|_| {
            count += 1;
            Ok(())
        })?;
        Ok(count)
    }

    #[test]
    fn data_without_a_normal_row_is_refused_for_that_reason() {
        let error = windows(&["1", "2"], Meaning::Class).unwrap_err();
        assert_eq!(error.blame(), Blame::Data);
        assert_eq!(
            error.to_string(),
            "no row is normal: every label in column state is other than 0; a row is normal where \
             its label is 0 or missing: give data with such rows, or name another column"
        );
        // Some are enough, and of quantities none is odd.
        for (labels, meaning) in [
            (["1", "0"], Meaning::Class),
            (["1", ""], Meaning::Class),
            (["1", "2"], Meaning::Quantity),
        ] {
            assert_eq!(windows(&labels, meaning).unwrap(), 200, "{labels:?}");
        }
    }
}
