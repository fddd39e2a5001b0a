//! A profile and a step go in; the profile with the step in its history comes out. And back.

use super::error::FeedbackError;
use oddity_core::profile::{Feedback, FeedbackKind, Profile};

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
pub(super) fn step(
    before: &Profile,
    mut after: Profile,
    (kind, rows): (FeedbackKind, (u64, u64)),
) -> Profile {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn profile() -> Profile {
        let file =
            concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/profile-v5/new-normal.json");
        Profile::from_json(&std::fs::read_to_string(file).unwrap()).unwrap()
    }

    #[test]
    fn a_history_is_bounded_and_what_it_forgets_cannot_be_gone_back_to() {
        let mut profile = profile();
        let alert = |profile: &Profile| {
            let mut after = profile.clone();
            after.threshold.value *= 1.001;
            step(profile, after, (FeedbackKind::FalseAlarm, (1, 2)))
        };
        for steps in 2..=MOST_STEPS {
            profile = alert(&profile);
            assert_eq!(profile.provenance.feedback.len(), steps);
        }
        assert!(profile.provenance.before.is_some() && profile.to_json().is_ok());
        let last = profile.threshold.value;
        profile = alert(&profile);
        assert_eq!(profile.provenance.feedback.len(), MOST_STEPS);
        assert!(profile.provenance.before.is_none() && profile.to_json().is_ok());
        assert_eq!(undo(&profile).unwrap().0.threshold.value, last);
    }

    #[test]
    fn a_new_normal_goes_back_as_a_whole() {
        let moved = profile();
        let (before, said) = undo(&moved).unwrap();
        assert_eq!(Some(&before), moved.provenance.before.as_deref());
        assert!(said[0].contains("are no longer what is normal"), "{said:?}");
        let mut lost = moved.clone();
        lost.provenance.before = None;
        assert!(matches!(undo(&lost), Err(FeedbackError::NotKept { from: 900, to: 1800 })));
        assert!(matches!(undo(&before), Err(FeedbackError::NoHistory)));
    }
}
