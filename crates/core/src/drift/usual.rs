//! Numbers of normal data go in; marks, the share that lies at or below each, and how far stretches of normal data are
//! from the rest come out.
//!
//! The limit comes from the data: what has levels that change is further from itself, and has to go further before that
//! is told.

use alloc::vec;
use alloc::vec::Vec;

use super::distance::{PARTS, Way, distance};
use crate::math::{ceil, floor, sqrt};
use crate::profile::Usual;

/// Normal data is cut into about so many stretches, each as long as what is compared later.
const STRETCHES: f64 = 8.0;
/// Fewer stretches do not tell how far one may be from the others.
const LEAST_STRETCHES: f64 = 3.0;
/// What is compared takes so long at least: what goes on in a shorter time is the model's business.
const LEAST_S: f64 = 3600.0;
/// And so many numbers, of rows and of scores: the share of fewer is too coarse.
const LEAST: f64 = 32.0;
const DAY_S: f64 = 86_400.0;
/// Days of normal data from which whole days are compared, and how many days at most.
const LEAST_DAYS: f64 = 3.0;
const MOST_DAYS: f64 = 7.0;
/// Room above the furthest stretch, of one that was the only one: with more it is less, by their root.
const ROOM: f64 = 0.85;
/// A limit above it is out of reach, for the outermost marks have a tenth of the numbers beyond them.
const MOST_LIMIT: f64 = 0.85;

/// Rows that are held against normal data of so many rows; `None` where there are too few of them.
pub fn compared(rows: u64, period_s: Option<f64>) -> Option<u64> {
    let period_s = period_s.unwrap_or(1.0);
    let (rows, day) = (rows as f64, DAY_S / period_s);
    let part = (rows / STRETCHES).max(LEAST_S / period_s).max(LEAST);
    let length = match rows >= LEAST_DAYS * day && day >= LEAST {
        true => day * floor(part / day).clamp(1.0, MOST_DAYS),
        false => part,
    };
    (length * LEAST_STRETCHES <= rows).then_some(ceil(length) as u64)
}

/// What is usual, from finite numbers of each stream of normal data in their order, of which `length` are compared at once.
/// `None` where they are too few, all alike, or so far from each other that nothing could be told.
pub fn usual(streams: &[Vec<f64>], length: usize, way: Way) -> Option<Usual> {
    if (length as f64) < LEAST {
        return None;
    }
    let mut all: Vec<f64> = streams.concat();
    let stretches: usize = streams.iter().map(|stream| stream.len() / length).sum();
    if (stretches as f64) < LEAST_STRETCHES {
        return None;
    }
    all.sort_unstable_by(f64::total_cmp);
    let marks = marks(&all);
    let furthest =
        streams.iter().flat_map(|stream| furthest(stream, length, (&marks, all.len()), way));
    let furthest = furthest.fold(0.0, f64::max);
    let limit = furthest + ROOM / sqrt((stretches as f64).min(STRETCHES));
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    (!marks.is_empty() && limit <= MOST_LIMIT && mean.abs() <= Usual::MOST).then_some(Usual {
        mean,
        marks,
        limit,
    })
}

/// The tenths of sorted numbers, each with the share at or below it; those that tell nothing are left out.
fn marks(sorted: &[f64]) -> Vec<(f64, f64)> {
    let mut marks: Vec<(f64, f64)> = Vec::with_capacity(Usual::MOST_MARKS);
    for tenth in 1..=Usual::MOST_MARKS {
        let at = (sorted.len() * tenth).div_ceil(Usual::MOST_MARKS + 1).max(1) - 1;
        let Some(&mark) = sorted.get(at) else { continue };
        let below = sorted.partition_point(|&value| value <= mark);
        if below < sorted.len() && marks.last().is_none_or(|&(last, _)| last < mark) {
            marks.push((mark, below as f64 / sorted.len() as f64));
        }
    }
    marks
}

/// How far each stretch of a stream is from all other numbers.
fn furthest(
    stream: &[f64],
    length: usize,
    (marks, total): (&[(f64, f64)], usize),
    way: Way,
) -> Vec<f64> {
    // How many lie at or below each mark before each part of a stretch.
    let size = length / PARTS;
    let mut before = vec![vec![0u32; marks.len()]];
    let mut counts = vec![0u32; marks.len()];
    for part in stream.chunks_exact(size) {
        for (count, &(mark, _)) in counts.iter_mut().zip(marks) {
            *count += part.iter().filter(|&&value| value <= mark).count() as u32;
        }
        before.push(counts.clone());
    }
    let (inside, outside) = ((PARTS * size) as f64, total as f64 - (PARTS * size) as f64);
    let of = |(from, to): (&Vec<u32>, &Vec<u32>)| {
        let shares = marks.iter().zip(from).zip(to).map(|((&(_, share), from), to)| {
            let within = f64::from(to - from);
            ((share * total as f64 - within) / outside, within / inside)
        });
        distance(shares, way)
    };
    before.iter().zip(before.iter().skip(PARTS)).map(of).collect()
}
