//! Files of normal data go in; their rows come out, as often as they are asked for.
//!
//! Fitting reads its data several times instead of holding it, so memory does not grow with it.

use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::error::FitError;
use super::label::{Label, LabelValue, Meaning};
use super::problems::DataProblems;
use super::ranges::RowRanges;
use crate::decode::{
    Channels, Columns, DecodeError, DecodeOptions, Decoder, Format, Item, KeyColumn, Problem,
    ProblemKind, ReadHints, TimeColumn,
};
use crate::features::RowReader;
use crate::source::{self, Block};
use oddity_core::profile::{FeatureSpec, InputSpec};
use oddity_core::types::Sample;

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
    pub key: KeyColumn,
    /// What else is said of how they are written.
    pub hints: ReadHints,
    /// Rows to use, from the first; `None` uses all.
    pub rows: Option<u64>,
    /// Learn from features of frames of rows, instead of the rows.
    pub features: Option<FeatureSpec>,
    /// Column with what is known of some rows.
    pub label: Option<Label>,
    /// Rows that are not to be learned from, by their numbers.
    pub without: RowRanges,
    /// Rows in which the machine does not run: not to be learned from either.
    pub idle: RowRanges,
    /// Rows before those that are asked for, none of which is in the other two.
    pub earlier: RowRanges,
}

#[cfg(test)]
impl Data {
    /// All of a file, of which nothing is said.
    pub(super) fn plain(path: &std::path::Path) -> Self {
        Self {
            files: vec![path.to_path_buf()],
            format: Format::Auto,
            time: TimeColumn::Auto,
            key: KeyColumn::None,
            hints: ReadHints::default(),
            rows: None,
            features: None,
            label: None,
            without: RowRanges::default(),
            idle: RowRanges::default(),
            earlier: RowRanges::default(),
        }
    }
}

impl Data {
    /// Whether a row with this number and label is to be taken for normal; one without a label is.
    pub(super) fn is_normal(&self, row: u64, label: Option<LabelValue<'_>>) -> bool {
        if self.not_learned().iter().any(|rows| rows.contains(row)) {
            return false;
        }
        match (&self.label, label) {
            (Some(Label { meaning, .. }), Some(label)) => meaning.is_normal(label),
            _ => true,
        }
    }

    /// All rows that are not to be learned from, by the reason.
    pub(super) fn not_learned(&self) -> [&RowRanges; 3] {
        [&self.without, &self.idle, &self.earlier]
    }

    /// Whether texts are good labels.
    fn takes_texts(&self) -> bool {
        self.label.as_ref().is_some_and(|label| matches!(label.meaning, Meaning::Class { .. }))
    }
}

/// What is wanted of the data.
#[derive(Clone, Debug)]
pub(super) struct Wanted {
    pub(super) channels: Channels,
    /// How the data is written, where that was found out before.
    pub(super) learned: InputSpec,
    /// Bytes of each file to read: what is written to it meanwhile would be in one pass and not in another.
    /// `None` reads it to its end.
    pub(super) lengths: Vec<Option<u64>>,
}

impl Wanted {
    /// The channels with these names, in data whose columns are known.
    pub(super) fn known(channels: Vec<String>, read: &Read) -> Self {
        let learned = read.columns.as_ref().map(|columns| columns.input.clone());
        Self {
            channels: Channels::Named(channels),
            learned: learned.unwrap_or_default(),
            lengths: read.lengths.clone(),
        }
    }

    /// To be found in the data: these alone, or all but some.
    pub(super) fn unknown(data: &Data, only: Option<Vec<String>>, exclude: Vec<String>) -> Self {
        Self {
            channels: Channels::Discover { only, exclude },
            learned: InputSpec::default(),
            lengths: data.files.iter().map(|path| source::length(path)).collect(),
        }
    }
}

/// What came with the rows.
pub(super) struct Read {
    /// Columns as found in the first file.
    pub(super) columns: Option<Columns>,
    /// Rows delivered or bad.
    pub(super) rows: u64,
    /// Rows lost, values lost.
    pub(super) problems: DataProblems,
    /// Of the rows' readings, times and labels, in hexadecimal.
    pub(super) sha256: String,
    /// As they were asked for.
    pub(super) lengths: Vec<Option<u64>>,
    /// Files that have more in them than was read.
    pub(super) grown: Vec<(PathBuf, u64)>,
}

impl Read {
    /// What should be looked at in how the data was read, a sentence each.
    pub(super) fn warnings(&self) -> Vec<String> {
        let guesses = self.columns.iter().flat_map(|columns| columns.guesses.clone());
        let grown = self.grown.iter().map(|(path, bytes)| {
            format!("{} grew while it was read: its first {bytes} bytes are used", path.display())
        });
        guesses.chain(self.problems.sentences()).chain(grown).collect()
    }
}

impl Data {
    /// Reads all rows. `row` gets the number of the file, from 0, the row, whose number counts on
    /// from one file to the next, and its label.
    ///
    /// # Errors
    /// When a file cannot be read or decoded, and those of `row`.
    pub(super) fn read(
        &self,
        wanted: &Wanted,
        mut row: impl FnMut(usize, &Sample<'_>, Option<LabelValue<'_>>) -> Result<(), FitError>,
    ) -> Result<Read, FitError> {
        let problems = DataProblems::default();
        let mut read = Read {
            columns: None,
            rows: 0,
            problems,
            sha256: String::new(),
            lengths: wanted.lengths.clone(),
            grown: Vec::new(),
        };
        let mut hash = Sha256::new();
        // The columns found in the first file are those of all.
        let Wanted { mut channels, mut learned, lengths } = wanted.clone();
        for (number, path) in self.files.iter().enumerate() {
            let options = self.options(channels.clone(), learned.clone());
            let reader = RowReader::new(options, self.features.as_ref())?;
            let length = lengths.get(number).copied().flatten();
            let reader = self.read_file((path, length), reader, &mut read, |sample, label| {
                digest(&mut hash, sample, label);
                row(number, sample, label)
            })?;
            if let Some(columns) = reader.columns() {
                channels = Channels::Named(columns.channels.clone());
                learned = columns.input.clone();
                read.columns.get_or_insert_with(|| columns.clone());
            }
        }
        read.sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(read)
    }

    /// What the first lines of the first file say, where nothing is said of its channels; `None` where they say
    /// nothing.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn peek(&self) -> Result<Option<Columns>, FitError> {
        let Some(path) = self.files.first() else { return Ok(None) };
        let options = self
            .options(Channels::Discover { only: None, exclude: Vec::new() }, InputSpec::default());
        let Ok(mut decoder) = Decoder::new(options) else { return Ok(None) };
        let mut source = source::open(Some(path))?;
        let mut pass = |_: Item<'_>| Ok::<_, DecodeError>(());
        while let (None, Block::Bytes(bytes)) = (decoder.columns(), source.next_block()?) {
            // What is wrong is said when it is read in earnest.
            if decoder.push(bytes, &mut pass).is_err() {
                return Ok(None);
            }
        }
        if decoder.columns().is_none() && decoder.finish(&mut pass).is_err() {
            return Ok(None);
        }
        Ok(decoder.columns().cloned())
    }

    /// How these channels are read.
    fn options(&self, channels: Channels, learned: InputSpec) -> DecodeOptions {
        DecodeOptions {
            format: self.format,
            channels,
            optional: Vec::new(),
            time: self.time.clone(),
            key: match &self.key {
                KeyColumn::Named(name) => Some(name.clone()),
                KeyColumn::AsBefore | KeyColumn::None => None,
            },
            label: self.label.as_ref().map(|label| label.column.clone()),
            hints: self.hints.clone(),
            learned,
        }
    }

    fn read_file(
        &self,
        (path, length): (&std::path::Path, Option<u64>),
        mut reader: RowReader,
        read: &mut Read,
        mut row: impl FnMut(&Sample<'_>, Option<LabelValue<'_>>) -> Result<(), FitError>,
    ) -> Result<RowReader, FitError> {
        let in_file = |error| FitError::In { path: path.to_path_buf(), source: Box::new(error) };
        let mut source = match length {
            Some(length) => source::open_first(path, length)?,
            None => source::open(Some(path))?,
        };
        let before = read.rows;
        let most = self.rows.unwrap_or(u64::MAX);
        // A label that is no number comes as a problem just before its row.
        let (texts, mut text) = (self.takes_texts(), String::new());
        let mut item = |item: Item<'_>| match item {
            Item::Row { sample, label, .. } => {
                let sample = Sample { row: before + sample.row, ..sample };
                if sample.row > most {
                    return Ok(());
                }
                read.rows = sample.row;
                let label = match (label, text.as_str()) {
                    (Some(number), _) => Some(LabelValue::Number(number)),
                    (None, "") => None,
                    (None, text) => Some(LabelValue::Text(text)),
                };
                let result = row(&sample, label);
                text.clear();
                result
            }
            Item::Problem(Problem {
                kind: ProblemKind::Reading { text: words, label, .. },
                ..
            }) if label && texts => {
                text.clear();
                text.push_str(String::from_utf8_lossy(words).trim());
                Ok(())
            }
            Item::Problem(problem) if before + problem.row <= most => {
                read.rows = read.rows.max(before + problem.row);
                read.problems.add(path, &problem);
                Ok(())
            }
            Item::Problem(_) => Ok(()),
        };
        let mut seen = 0;
        while let Block::Bytes(bytes) = source.next_block()? {
            seen += bytes.len() as u64;
            reader.push(bytes, &mut item).map_err(in_file)?;
        }
        reader.finish(&mut item).map_err(in_file)?;
        match length {
            Some(before) if seen < before => {
                return Err(FitError::Cut { path: path.to_path_buf(), before, now: seen });
            }
            Some(before) if source::length(path).is_some_and(|now| now > before) => {
                read.grown.push((path.to_path_buf(), before));
            }
            _ => {}
        }
        Ok(reader)
    }
}

fn digest(hash: &mut Sha256, sample: &Sample<'_>, label: Option<LabelValue<'_>>) {
    hash.update(sample.stream.as_bytes());
    hash.update(sample.time.map_or(i64::MIN, |t| t.0).to_le_bytes());
    for value in sample.values {
        hash.update(value.to_le_bytes());
    }
    match label {
        Some(LabelValue::Number(number)) => hash.update(number.to_le_bytes()),
        Some(LabelValue::Text(text)) => hash.update(text.as_bytes()),
        None => {}
    }
}

/// Counts the rows, good or bad.
///
/// # Errors
/// When a file cannot be read or decoded.
pub fn count_rows(data: &Data) -> Result<u64, FitError> {
    Ok(data.read(&Wanted::unknown(data, None, Vec::new()), |_, _, _| Ok(()))?.rows)
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
        let label = Some(Label { column: "state".into(), meaning });
        let data = Data { label, ..Data::plain(file.path()) };
        let options = fit::FitOptions { window: Some(1), ..fit::FitOptions::default() };
        let mut count = 0;
        Prepared::rows(&data, &options)?.each(|_| {
            count += 1;
            Ok(())
        })?;
        Ok(count)
    }

    fn class() -> Meaning {
        Meaning::Class { normal: None }
    }

    #[test]
    fn data_without_a_normal_row_is_refused_for_that_reason() {
        let error = windows(&["1", "2"], class()).unwrap_err();
        assert_eq!(error.blame(), Blame::Data);
        assert_eq!(
            error.to_string(),
            "no row is normal: the labels in column state are 1, 2, and those that mean normal are \
             0, normal, ok; give data with such rows or rows without a label, or say which labels \
             mean normal"
        );
        let error = windows(&["idle", "running"], class()).unwrap_err().to_string();
        assert!(error.contains("are idle, running, and"), "{error}");
        // Some are enough, and of quantities none is odd.
        for (labels, meaning) in [
            (["1", "0"], class()),
            (["1", ""], class()),
            (["leak", "Normal"], class()),
            (["1", "2"], Meaning::Quantity),
            (["1", "2"], Meaning::Class { normal: Some(vec!["2.0".into()]) }),
            (["idle", "leak"], Meaning::Class { normal: Some(vec!["idle".into()]) }),
        ] {
            assert_eq!(windows(&labels, meaning).unwrap(), 200, "{labels:?}");
        }
    }

    #[test]
    fn a_block_without_normal_rows_names_the_labels_as_the_cause() {
        let mut labels = vec!["0"; 150];
        labels.extend(["1"; 50]);
        let error = windows(&labels, class()).unwrap_err();
        assert_eq!(error.blame(), Blame::Data);
        let error = error.to_string();
        let wanted = "50 of 200 rows are not normal by their label in column state";
        assert!(error.starts_with(wanted) && error.contains("only 0 windows"), "{error}");
    }
}
