//! What was learned goes in; lines on standard error come out.

use oddity::fit::Fitted;
use oddity::profile::Profile;

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

/// That the threshold of a model with feedback is found anew.
pub(super) fn warn_of_feedback(profile: Option<&Profile>) {
    let steps = profile.map_or(0, |profile| profile.provenance.feedback.len());
    if steps > 0 {
        let what = if steps == 1 { "the feedback" } else { "all feedback" };
        Warning::Problem(&format!(
            "the threshold is found anew: {what} that the model has had is not in it; give it again"
        ))
        .say();
    }
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
