//! What was learned goes in; lines on standard error come out.

use oddity::fit::Fitted;

use super::stderr;
use super::stream::describe;
use super::warning::Warning;

/// Says on stderr what was learned.
pub(super) fn report(fitted: &Fitted) {
    if let Some(columns) = &fitted.columns {
        log::info!("{}", describe(columns));
    }
    for warning in &fitted.warnings {
        Warning::Problem(warning).say();
    }
    for line in &fitted.summary {
        stderr::note(line);
    }
}
