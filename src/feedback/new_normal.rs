//! A model, and rows of what is normal from now on, go in; the profile that has moved over to them comes out, with the one
//! before it.

use super::error::FeedbackError;
use super::history::step;
use super::lines::{Place, place};
use crate::fit::{self, Data, NewNormal, Since};
use crate::model::Bundle;
use oddity_core::profile::{FeedbackKind, Profile};

/// A profile, what should be looked at, and what is to be said of it, a line each.
type Moved = (Profile, Vec<String>, Vec<String>);

/// The profile when all rows of the data from a place on, a row or a time, are normal; without a place all are. With
/// what should be looked at, and what is to be said of it.
///
/// # Errors
/// When there is none, or too few rows, or the network does not know such rows.
pub fn new_normal(bundle: &Bundle, data: Data, from: Option<&str>) -> Result<Moved, FeedbackError> {
    let since = match from {
        Some(from) => Some((since(place(from)?), from)),
        None => None,
    };
    let old = bundle.profile();
    let NewNormal { profile, rows, summary, mut warnings } = fit::new_normal(bundle, data, since)?;
    let mut moved = step(old, profile, (FeedbackKind::NewNormal, rows));
    let mut before = old.clone();
    before.provenance.before = None;
    moved.provenance.before = Some(Box::new(before));
    moved.version = moved.least_version();
    warnings.extend(forgotten(old));
    Ok((moved, warnings, summary))
}

fn since(place: Place) -> Since {
    match place {
        Place::Row(row) => Since::Row(row),
        Place::At(time) => Since::Time(time),
    }
}

/// What the threshold that is found anew does not know of, and what can no longer be gone back to.
fn forgotten(old: &Profile) -> Vec<String> {
    let mut said = Vec::new();
    let known = |kind| kind != FeedbackKind::NewNormal;
    let last = old.provenance.feedback.iter().rev();
    let alerts = last.take_while(|step| known(step.kind)).count();
    if alerts > 0 {
        let what = if alerts == 1 { "the feedback" } else { "all feedback" };
        said.push(format!(
            "the threshold is found anew: {what} on alerts that the model has had is not in it; give it again"
        ));
    }
    if old.provenance.before.is_some() {
        said.push(
            "a new normal came before this one: --undo takes this one back, and that one no more"
                .into(),
        );
    }
    said
}
