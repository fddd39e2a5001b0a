//! Layers that go along a walk: where their outputs are the same as of an earlier window.

use alloc::vec;
use alloc::vec::Vec;

use super::known::{Ends, Same};
use crate::walk::Walk;

/// What a layer along a walk reads.
pub(super) enum Read<'a> {
    Same(&'a Same),
    Constant,
}

/// Along which axis of a walk, counted from inside, and by how many elements of it, all that it reads moves
/// on.
pub(super) fn axis<const N: usize>(walk: &Walk<N>, reads: &[Read<'_>]) -> Option<(usize, usize)> {
    (0..walk.rank()).find_map(|axis| {
        let (len, steps) = walk.axis(axis);
        let mut by = None;
        for (read, &step) in reads.iter().zip(&steps) {
            match read {
                Read::Constant if step == 0 => {}
                Read::Constant => return None,
                Read::Same(same) => {
                    let step = usize::try_from(step).ok().filter(|&step| step > 0)?;
                    let own = same.by.is_multiple_of(step).then(|| same.by / step)?;
                    if by.is_some_and(|by| by != own) {
                        return None;
                    }
                    by = Some(own);
                }
            }
        }
        let forward = steps.last().is_some_and(|&step| step > 0);
        by.filter(|&by| by < len && forward).map(|by| (axis, by))
    })
}

/// The position of each element of a walk along one of its axes.
pub(super) fn positions<const N: usize>(
    walk: &Walk<N>,
    axis: usize,
) -> impl Iterator<Item = (usize, [usize; N])> + '_ {
    let inside: usize = (0..axis).map(|axis| walk.axis(axis).0).product();
    let len = walk.axis(axis).0;
    walk.each().enumerate().map(move |(at, places)| (at / inside.max(1) % len.max(1), places))
}

/// Element by element: the same where all is that it is made of.
pub(super) fn walked<const N: usize>(
    reads: Option<Vec<Read<'_>>>,
    y: &mut Same,
    walk: &Walk<N>,
) -> Option<Ends> {
    let found = reads.and_then(|reads| axis(walk, &reads).map(|found| (reads, found)));
    let Some((reads, (axis, by))) = found else {
        let written: Vec<_> = walk.each().filter_map(|at| Some((*at.last()?, false))).collect();
        y.write(0, &written);
        return Some(Ends::Mixes);
    };
    let (len, steps) = walk.axis(axis);
    let y_by = steps.last().map_or(0, |&step| by * step.unsigned_abs());
    let written: Vec<_> = positions(walk, axis)
        .filter_map(|(position, places)| {
            let same = reads.iter().zip(&places).all(|(read, &at)| match read {
                Read::Same(x) => x.same.get(at).copied().unwrap_or(false),
                Read::Constant => true,
            });
            Some((*places.last()?, same && position + by < len))
        })
        .collect();
    y.write(y_by, &written);
    let any = written.iter().any(|&(_, same)| same);
    (!any).then_some(Ends::Borders)
}

/// In place: an element stays the same where the one that it is the same as is changed too.
pub(super) fn over(y: &mut Same, walk: &Walk<1>) {
    let mut inside = vec![false; y.same.len()];
    for [at] in walk.each() {
        if let Some(slot) = inside.get_mut(at) {
            *slot = true;
        }
    }
    let by = y.by;
    for (at, same) in y.same.iter_mut().enumerate() {
        *same &= inside.get(at) == inside.get(at + by);
    }
}
