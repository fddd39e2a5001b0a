//! Going over windows that lie one after the other: by each, or over all as one.

use crate::error::KernelError;
use crate::walk::Walk;

/// What lies from `at` on; nothing where that is outside, which kernels refuse.
pub(super) fn from<T>(all: &[T], at: usize) -> &[T] {
    all.get(at..).unwrap_or_default()
}

pub(super) fn from_mut<T>(all: &mut [T], at: usize) -> &mut [T] {
    all.get_mut(at..).unwrap_or_default()
}

pub(super) fn upto<T>(all: &[T], len: usize) -> &[T] {
    all.get(..len).unwrap_or_default()
}

pub(super) fn upto_mut<T>(all: &mut [T], len: usize) -> &mut [T] {
    all.get_mut(..len).unwrap_or_default()
}

/// Window by window.
pub(super) fn windows<X, Y>(
    n: usize,
    (x, x_stride): (&[X], usize),
    (y, y_stride): (&mut [Y], usize),
    mut work: impl FnMut(&[X], &mut [Y]) -> Result<(), KernelError>,
) -> Result<(), KernelError> {
    (0..n).try_for_each(|window| work(from(x, window * x_stride), from_mut(y, window * y_stride)))
}

/// Run by run of a walk over one array.
pub(super) fn over<Y>(
    n: usize,
    walk: &Walk<1>,
    (y, y_stride): (&mut [Y], usize),
    mut work: impl FnMut(&mut [Y]),
) -> Result<(), KernelError> {
    let (len, [step]) = walk.inner();
    if whole(walk.rank(), len, y_stride, &[step]) {
        walk.fits([y.len()])?;
        let [(at, _)] = walk.reach().unwrap_or_default();
        if at == 0 {
            work(upto_mut(y, n * len));
            return Ok(());
        }
    }
    for window in 0..n {
        let y = from_mut(y, window * y_stride);
        walk.fits([y.len()])?;
        if step == 1 {
            walk.runs().for_each(|[at]| work(upto_mut(from_mut(y, at), len)));
        } else {
            walk.each().for_each(|[at]| work(upto_mut(from_mut(y, at), 1)));
        }
    }
    Ok(())
}

/// Run by run of a walk over two arrays.
pub(super) fn runs<X, Y>(
    n: usize,
    walk: &Walk<2>,
    (x, x_stride): (&[X], usize),
    (y, y_stride): (&mut [Y], usize),
    mut work: impl FnMut(&[X], &mut [Y]) -> Result<(), KernelError>,
) -> Result<(), KernelError> {
    let (len, steps) = walk.inner();
    let starts = walk.reach().unwrap_or_default().map(|(low, _)| low);
    if x_stride == y_stride && whole(walk.rank(), len, y_stride, &steps) && starts == [0, 0] {
        return work(upto(x, n * len), upto_mut(y, n * len));
    }
    for window in 0..n {
        let (x, y) = (from(x, window * x_stride), from_mut(y, window * y_stride));
        walk.fits([x.len(), y.len()])?;
        if steps == [1, 1] {
            for [x_at, y_at] in walk.runs() {
                work(upto(from(x, x_at), len), upto_mut(from_mut(y, y_at), len))?;
            }
        } else {
            for [x_at, y_at] in walk.each() {
                work(upto(from(x, x_at), 1), upto_mut(from_mut(y, y_at), 1))?;
            }
        }
    }
    Ok(())
}

/// Whether a walk's only run is a whole window.
fn whole(rank: usize, len: usize, stride: usize, steps: &[isize]) -> bool {
    rank <= 1 && len == stride && steps.iter().all(|&step| step == 1)
}
