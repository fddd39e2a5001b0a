//! Where blocks of rows end.

#![allow(clippy::unwrap_used)]

use std::io::Write;

use tempfile::NamedTempFile;

use oddity::detector::TooManyStreams;

use super::*;

/// Writes down what it is asked for: `r` for a row, `f` for a flush.
#[derive(Default)]
struct Asked {
    calls: String,
    /// Fails at this row, as a detector does that has no memory for a stream.
    too_many_at: Option<u64>,
}

impl RowSink for Asked {
    fn row(&mut self, row: &InputRow<'_>) -> Result<(), RunError> {
        self.calls.push('r');
        if self.too_many_at == Some(row.sample.row) {
            return Err(DetectError::from(TooManyStreams { most: 1 }).into());
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), RunError> {
        self.calls.push('f');
        Ok(())
    }

    fn dropped(&self) -> Dropped {
        Dropped::default()
    }
}

fn run(text: &str, course: Course, sink: &mut Asked) -> Result<(), RunError> {
    let mut file = NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    let input = Input::Bytes(Some(file.path()), Box::new(DecodeOptions::named(["a"])), None);
    RowStream { input, course, wants_time: false }.run(sink)
}

#[test]
fn a_block_is_flushed_and_so_is_the_end() {
    let mut sink = Asked::default();
    // The last row has no line end: the end of the input brings it.
    run("a\n1\n2\n3", Course::Measured, &mut sink).unwrap();
    assert_eq!(sink.calls, "rrfrf");
}

#[test]
fn what_waits_is_flushed_before_an_error_ends_the_run() {
    let mut sink = Asked::default();
    let error = run("a\n1\n2\nbad\n4\n", Course::Live { strict: true }, &mut sink).unwrap_err();
    assert!(matches!(error, RunError::Strict(_)), "{error}");
    assert_eq!(sink.calls, "rrf");
    let mut sink = Asked { too_many_at: Some(2), ..Asked::default() };
    let error = run("a\n1\n2\n3\n", Course::Measured, &mut sink).unwrap_err();
    assert!(matches!(error, RunError::Detect(_)), "{error}");
    assert_eq!(sink.calls, "rrf");
}

#[test]
fn a_live_stream_goes_on_without_those_that_are_too_many() {
    let mut sink = Asked { too_many_at: Some(2), ..Asked::default() };
    run("a\n1\n2\n3\n", Course::Live { strict: false }, &mut sink).unwrap();
    assert_eq!(sink.calls, "rrrff");
}

#[test]
fn no_row_is_an_error_where_nothing_else_would_say_so() {
    let empty = |course| run("a\n", course, &mut Asked::default());
    assert!(matches!(empty(Course::Live { strict: false }), Err(RunError::NoRows)));
    assert!(empty(Course::Measured).is_ok());
}
