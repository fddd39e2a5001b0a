//! What a profile says of its own past goes in; an error comes out where that is no past of this profile.

use alloc::format;

use super::field::{ProfileError, ensure, positive};
use crate::profile::document::{FeedbackKind, Profile};

/// Each step begins where the one before ended, and the last one ends at the threshold: else somebody has edited one.
pub(super) fn feedback(p: &Profile) -> Result<(), ProfileError> {
    let steps = &p.provenance.feedback;
    for step in steps {
        positive(step.before, "provenance.feedback.before")?;
        positive(step.after, "provenance.feedback.after")?;
    }
    let ends = steps.iter().map(|step| step.after);
    let starts = steps.iter().skip(1).map(|step| step.before).chain([p.threshold.value]);
    let broken = ends.zip(starts).find(|(end, start)| end != start);
    ensure(broken.is_none(), "provenance.feedback", || {
        let (end, start) = broken.unwrap_or_default();
        format!("ends a step at {end}, but goes on from {start}: the history was edited")
    })
}

/// The profile that would be gone back to, which is still to be checked by itself. It must be of the same model, and
/// from just before the last new normal; one deep, or a document could have no end.
pub(super) fn before(p: &Profile) -> Result<Option<&Profile>, ProfileError> {
    let Some(before) = p.provenance.before.as_deref() else { return Ok(None) };
    let field = "provenance.before";
    ensure(before.provenance.before.is_none(), field, || {
        "holds a profile before it, but may not".into()
    })?;
    let names = |p: &Profile| p.channels.iter().map(|channel| channel.name.clone()).collect();
    let shape = |p: &Profile| -> (_, _, usize, alloc::vec::Vec<_>) {
        ((p.window, p.average), p.layout, p.answer_len(), names(p))
    };
    ensure(shape(before) == shape(p), field, || "is of another model".into())?;
    let mut steps = p.provenance.feedback.iter().rev();
    let moved = steps.find(|step| step.kind == FeedbackKind::NewNormal);
    let from = moved.map(|step| step.before);
    ensure(from == Some(before.threshold.value), field, || {
        format!(
            "has the threshold {}, from which no new normal went on: the history was edited",
            before.threshold.value
        )
    })?;
    Ok(Some(before))
}
