//! Which key of a JSON object, or element of an array, is for what.
//!
//! A path is matched once, when it is first met; what was found is remembered within bounds.

use super::{ColumnPlan, ValuePlace, alike, numbered};
use crate::decode::limits::{MAX_KEY_BYTES, MAX_KEYS};

/// What a value is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::decode) enum Target {
    Value(ValuePlace),
    /// The first text of a time, or another that belongs to it.
    Time(usize),
    Key,
    /// The sensor's name, in long format.
    Sensor,
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
pub(in crate::decode) fn targets(
    plan: &ColumnPlan,
    time: &[String],
    sensor: Option<usize>,
) -> Vec<Vec<Target>> {
    let mut targets = vec![Vec::new(); plan.width];
    let channels = plan.channels.iter().map(|&column| Some(column)).chain(plan.optional.clone());
    let channels =
        channels.enumerate().map(|(i, column)| (column, Target::Value(ValuePlace::Channel(i))));
    let times = time.iter().enumerate().map(|(text, name)| {
        let column = (0..plan.width).find(|&column| numbered(column) == *name);
        (column, Target::Time(text))
    });
    let special = [
        (plan.key, Target::Key),
        (sensor, Target::Sensor),
        (plan.label, Target::Value(ValuePlace::Label)),
    ];
    for (column, target) in channels.chain(times).chain(special) {
        if let Some(targets) = column.and_then(|column| targets.get_mut(column)) {
            targets.push(target);
        }
    }
    targets
}

/// What every path that was met is for.
#[derive(Debug, Default)]
pub(in crate::decode) struct Paths {
    /// In the order in which they came; without a target where nobody wants it.
    met: Vec<(String, Vec<Target>)>,
    /// Places in `met`, in the order of the paths.
    by_path: Vec<usize>,
    /// For each leaf of a row where in `met` its path is, by the last row that had one there: mostly, rows
    /// are alike.
    expected: Vec<usize>,
}

impl Paths {
    /// What a path is for, which is that of leaf `at` in its row; remembered for the next row.
    pub fn targets_of(&mut self, at: usize, path: &str, wants: &mut [Want]) -> &[Target] {
        let expected = self.expected.get(at).copied();
        let expected = expected.filter(|&met| self.met.get(met).is_some_and(|(p, _)| p == path));
        let Some(met) = expected.or_else(|| self.look_up(at, path, wants)) else { return &[] };
        self.met.get(met).map_or(&[], |(_, targets)| targets)
    }

    /// What a path that was met is for.
    pub fn get(&self, path: &str) -> Option<&[Target]> {
        let met = self.by_path.get(self.find(path).ok()?)?;
        self.met.get(*met).map(|(_, targets)| &targets[..])
    }

    /// Gives a path one more target.
    pub fn add(&mut self, path: &str, target: Target) {
        match self.find(path) {
            Err(place) => {
                self.insert(place, path, vec![target]);
            }
            Ok(place) => {
                let met = self.by_path.get(place).and_then(|&met| self.met.get_mut(met));
                met.into_iter().for_each(|(_, targets)| targets.push(target));
            }
        }
    }

    /// Where in `met` a path is that was not expected; `None` for one that nobody wants and that there is
    /// no room for.
    fn look_up(&mut self, at: usize, path: &str, wants: &mut [Want]) -> Option<usize> {
        let met = match self.find(path) {
            Ok(place) => self.by_path.get(place).copied()?,
            Err(place) => {
                let targets = self.bind(path, wants);
                let full = self.met.len() >= MAX_KEYS || path.len() > MAX_KEY_BYTES;
                if targets.is_empty() && full {
                    return None;
                }
                self.insert(place, path, targets)
            }
        };
        if let Some(expected) = self.expected.get_mut(at) {
            *expected = met;
        } else if self.expected.len() == at && at < MAX_KEYS {
            self.expected.push(met);
        }
        Some(met)
    }

    /// The place of a path in `by_path`, or where it belongs.
    fn find(&self, path: &str) -> Result<usize, usize> {
        self.by_path.binary_search_by(|&met| {
            self.met.get(met).map_or("", |(known, _)| known.as_str()).cmp(path)
        })
    }

    fn insert(&mut self, place: usize, path: &str, targets: Vec<Target>) -> usize {
        let met = self.met.len();
        self.met.push((path.to_owned(), targets));
        self.by_path.insert(place, met);
        met
    }

    /// Finds what a new path is for: the very name, or one that is alike while nothing else was met.
    fn bind(&mut self, path: &str, wants: &mut [Want]) -> Vec<Target> {
        let mut targets = Vec::new();
        let exact = wants.iter().any(|want| want.name == path);
        for want in wants {
            let fits = if exact {
                want.name == path
            } else {
                want.bound.is_none() && alike(&want.name, path)
            };
            if !fits {
                continue;
            }
            if let Some(before) = want.bound.replace(path.to_owned()) {
                let known = self.met.iter_mut().find(|(known, _)| *known == before);
                let others = |target: &Target| *target != want.target;
                known.into_iter().for_each(|(_, targets)| targets.retain(others));
            }
            targets.push(want.target);
        }
        targets
    }
}
