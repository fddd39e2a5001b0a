//! What is measured: a model or a profile goes in; calls come out that do once what the other commands do
//! all the time, through the same doors.

use std::hint::black_box;

use oddity::decode::{Decoder, Format, Item};
use oddity::detector::{DetectError, Detector, Finding};
use oddity::model::{Bundle, Model, ModelPart, PreparedModel, ReadOptions};
use oddity::source::BLOCK_BYTES;
use oddity::types::Reconstruction;

use super::bursts::Subject;
use super::rows::{Rows, noise};
use crate::cli::error::RunError;
use crate::cli::raw::RawDecoder;

/// Loads the model as commands do once a child has tried it out, and answers one window. Units are loads.
pub(super) fn load<'a>(bytes: &'a [u8], options: &'a ReadOptions) -> anyhow::Result<Subject<'a>> {
    let mut answer = Reconstruction::default();
    Subject::new(move || {
        let model = PreparedModel::read(bytes, ModelPart::Whole, options)?.trusted()?;
        model.session()?.run(&noise(model.window_len()), 1, &mut answer)?;
        black_box(&answer);
        Ok(1)
    })
}

/// Answers `n` windows that are handed over together. Units are windows.
pub(super) fn windows(model: &Model, n: usize) -> anyhow::Result<Subject<'static>> {
    let (mut session, input) = (model.session()?, noise(n * model.window_len()));
    let mut answers = Reconstruction::default();
    Subject::new(move || {
        session.run(black_box(&input), n, &mut answers)?;
        black_box(&answers);
        Ok(n as u64)
    })
}

/// Judges the first `count` rows as a stream. Units are windows; how many a pass has stands beside.
pub(super) fn stream<'a>(
    bundle: &Bundle,
    rows: &'a Rows,
    count: usize,
) -> anyhow::Result<(Subject<'a>, u64)> {
    let mut detector = Detector::new(bundle)?;
    let mut pass = move || -> Result<u64, DetectError> {
        detector.reset();
        let before = detector.tally().windows;
        let mut out = |finding: Finding<'_>| {
            black_box(&finding);
            Ok::<_, DetectError>(())
        };
        for sample in rows.samples(count) {
            detector.push(&sample, &mut out)?;
        }
        detector.flush(&mut out)?;
        Ok(detector.tally().windows - before)
    };
    let windows = pass()?;
    if windows == 0 {
        let (rows, window) = (rows.len(), bundle.profile().rows_covered());
        return Err(RunError::NoWindow { rows, window }.into());
    }
    Ok((Subject::new(move || Ok(pass()?))?, windows))
}

/// Decodes the text of rows. Units are rows.
pub(super) fn decode<'a>(
    rows: &'a Rows,
    format: Format,
    text: &'a [u8],
) -> anyhow::Result<Subject<'a>> {
    let options = rows.options(format);
    Subject::new(move || {
        let mut count = 0;
        let mut each = |item: Item<'_>| {
            count += u64::from(matches!(black_box(&item), Item::Row { .. }));
            Ok::<_, RunError>(())
        };
        let mut decoder = Decoder::new(options.clone())?;
        for block in text.chunks(BLOCK_BYTES) {
            decoder.push(block, &mut each)?;
        }
        decoder.finish(&mut each)?;
        Ok(count)
    })
}

/// Decodes raw rows of `channels` values. Units are rows.
pub(super) fn decode_raw(channels: usize, bytes: &[u8]) -> anyhow::Result<Subject<'_>> {
    let (mut decoder, mut values) = (RawDecoder::new(channels), Vec::new());
    Subject::new(move || {
        let mut count = 0;
        for block in bytes.chunks(BLOCK_BYTES) {
            count += decoder.push(block, &mut values) as u64;
            black_box(&values);
        }
        Ok(count)
    })
}
