//! Which key of a JSON object, or element of an array, is for what.
//!
//! A path is matched once, when it is first met; what was found is remembered within bounds.

use std::collections::HashMap;

use super::{ColumnPlan, ValuePlace, alike, numbered};
use crate::decode::limits::{MAX_KEY_BYTES, MAX_KEYS};

/// What a value is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::decode) enum Target {
    Value(ValuePlace),
    Time,
    Key,
}

/// A name that is looked for.
#[derive(Debug)]
pub(in crate::decode) struct Want {
    pub name: String,
    pub target: Target,
    /// The path that was found for it.
    pub bound: Option<String>,
}

/// The targets of each element of an array.
pub(in crate::decode) fn targets(plan: &ColumnPlan, time: &Option<String>) -> Vec<Vec<Target>> {
    let mut targets = vec![Vec::new(); plan.width];
    let named = (0..plan.width).find(|&column| time.as_deref() == Some(&numbered(column)));
    let channels = plan.channels.iter().enumerate();
    let channels =
        channels.map(|(i, &column)| (Some(column), Target::Value(ValuePlace::Channel(i))));
    let special = [
        (plan.time.or(named), Target::Time),
        (plan.key, Target::Key),
        (plan.label, Target::Value(ValuePlace::Label)),
    ];
    for (column, target) in channels.chain(special) {
        if let Some(targets) = column.and_then(|column| targets.get_mut(column)) {
            targets.push(target);
        }
    }
    targets
}

/// What a path is for, remembered for the next row.
pub(in crate::decode) fn targets_of<'a>(
    path: &str,
    paths: &'a mut HashMap<String, Vec<Target>>,
    wants: &mut [Want],
) -> Option<&'a Vec<Target>> {
    // Two look-ups: the borrow checker does not see that the first one's result ends here.
    if !paths.contains_key(path) {
        let targets = bind(path, paths, wants);
        if targets.is_empty() && (paths.len() >= MAX_KEYS || path.len() > MAX_KEY_BYTES) {
            return None;
        }
        paths.insert(path.to_owned(), targets);
    }
    paths.get(path)
}

/// Finds what a new path is for: the very name, or one that is alike while nothing else was met.
fn bind(path: &str, paths: &mut HashMap<String, Vec<Target>>, wants: &mut [Want]) -> Vec<Target> {
    let mut targets = Vec::new();
    let exact = wants.iter().any(|want| want.name == path);
    for want in wants {
        let fits =
            if exact { want.name == path } else { want.bound.is_none() && alike(&want.name, path) };
        if !fits {
            continue;
        }
        let before = want.bound.replace(path.to_owned());
        if let Some(targets) = before.and_then(|before| paths.get_mut(&before)) {
            targets.retain(|target| *target != want.target);
        }
        targets.push(want.target);
    }
    targets
}
