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
    lines(&fitted.warnings, &fitted.summary);
}

/// What should be looked at, then what was done, a line each.
pub(super) fn lines(warnings: &[String], summary: &[String]) {
    for warning in warnings {
        Warning::Problem(warning).say();
    }
    for line in summary {
        stderr::note(line);
    }
}
