//! What somebody knows of what was raised, or was not, and of what is normal now, goes in; the profile that follows from
//! it comes out, with what is to be said of it.
//!
//! [`false_alarms`] and [`missed`] move the threshold alone, [`new_normal`] what is normal. The network is never changed.
//! The profile keeps the history, so that each step can be taken back by [`undo`].

mod error;
mod lines;
mod new_normal;
mod replay;

use oddity_core::profile::{Feedback, FeedbackKind, Profile};

pub use error::FeedbackError;
pub use lines::Lines;
pub use new_normal::new_normal;
pub use replay::{false_alarms, missed};

/// Steps that a profile remembers.
const MOST_STEPS: usize = 1000;

/// The profile before its last feedback.
///
/// # Errors
/// When there was none, or what was before it is no longer kept.
pub fn undo(profile: &Profile) -> Result<(Profile, Vec<String>), FeedbackError> {
    let mut before = profile.clone();
    let last = before.provenance.feedback.pop().ok_or(FeedbackError::NoHistory)?;
    let Feedback { kind, rows: [from, to], before: value, after } = last;
    let said = format!("the threshold goes back from {after:.6} to {value:.6}");
    if kind == FeedbackKind::NewNormal {
        let kept = before.provenance.before.ok_or(FeedbackError::NotKept { from, to })?;
        let what = format!(
            "rows {from} to {to} are no longer what is normal: means and score are as before; {said}"
        );
        return Ok((*kept, vec![what]));
    }
    before.threshold.value = value;
    Ok((before, vec![said]))
}

/// `after`, whose history is that of `before` and this step.
fn step(before: &Profile, mut after: Profile, (kind, rows): (FeedbackKind, (u64, u64))) -> Profile {
    let steps = &mut after.provenance.feedback;
    steps.clone_from(&before.provenance.feedback);
    if steps.len() >= MOST_STEPS {
        steps.remove(0);
    }
    let (from, to) = (before.threshold.value, after.threshold.value);
    steps.push(Feedback { kind, rows: [rows.0, rows.1], before: from, after: to });
    // What is forgotten cannot be gone back to.
    if steps.iter().all(|step| step.kind != FeedbackKind::NewNormal) {
        after.provenance.before = None;
    }
    after
}
