//! The kernels in plain Rust, for every processor; the compiler makes vectors of them where there are any.
//!
//! On 32-bit ARM that is NEON if the crate is compiled with `-C target-feature=+neon`: its intrinsics are
//! not stable there. It serves int8 alone: NEON of ARMv7 loses subnormal numbers, so that compilers leave f32
//! to the scalar unit.

use crate::finish::{Finish, to_u8};
use crate::job::{F32Job, Int8Job, Target};

/// Outputs in a panel.
const PANEL: usize = 8;
/// Outputs of a layer over f32 up to which a vector is elements instead.
const DOTS: usize = 2;
/// Elements of an output side by side in int8 weights.
pub(crate) const GROUP: usize = 1;

/// Outputs in a panel, whatever the layer has.
pub(crate) fn panel(_outputs: usize) -> usize {
    PANEL
}

/// Outputs in a panel over f32, and elements of each side by side.
pub(crate) fn packing(outputs: usize) -> (usize, usize) {
    if outputs <= DOTS { (outputs, PANEL) } else { (PANEL, 1) }
}

/// Runs a layer that was packed for [`packing`]: one row and one panel after the other, which compilers turn into
/// vectors. They do not for tiles of several rows.
pub(crate) fn f32<const ADD: bool>(job: &mut F32Job<'_>) {
    if job.layer.outputs <= DOTS {
        return dots::<ADD>(job);
    }
    let F32Job { layer, x, y, rows } = job;
    for first in (0..layer.padded).step_by(PANEL) {
        let outputs = PANEL.min(layer.outputs - first);
        let weights = &layer.weights[first * layer.elements..][..layer.elements * PANEL];
        for row in 0..rows.count {
            let x = &x[row * rows.x_step..];
            let y = &mut y[row * rows.y_step + first..][..outputs];
            let mut sums = [0f32; PANEL];
            if ADD {
                sums[..outputs].copy_from_slice(y);
            } else {
                sums.copy_from_slice(&layer.bias[first..][..PANEL]);
            }
            let mut weights = weights.as_chunks::<PANEL>().0.iter();
            for &offset in layer.offsets {
                for (&x, weights) in x[offset..][..layer.len].iter().zip(weights.by_ref()) {
                    for (sum, &w) in sums.iter_mut().zip(weights) {
                        *sum += x * w;
                    }
                }
            }
            for (y, sum) in y.iter_mut().zip(sums) {
                *y = layer.clamp.apply(sum);
            }
        }
    }
}

/// Runs a layer of a few outputs, as the kernels of `dot_f32` do: a vector is eight elements of one output.
fn dots<const ADD: bool>(job: &mut F32Job<'_>) {
    let F32Job { layer, x, y, rows } = job;
    let weights = layer.weights.as_chunks::<PANEL>().0;
    for row in 0..rows.count {
        let x = &x[row * rows.x_step..];
        let y = &mut y[row * rows.y_step..][..layer.outputs];
        for (output, y) in y.iter_mut().enumerate() {
            let mut sums = [0f32; PANEL];
            // Eight weights of each output in turn.
            let mut weights = weights.iter().skip(output).step_by(layer.outputs);
            for &offset in layer.offsets {
                let (whole, rest) = x[offset..][..layer.len].as_chunks::<PANEL>();
                for (x, w) in whole.iter().zip(weights.by_ref()) {
                    for ((sum, &x), &w) in sums.iter_mut().zip(x).zip(w) {
                        *sum += x * w;
                    }
                }
                if !rest.is_empty() {
                    let w = weights.next().unwrap_or(&[0.0; PANEL]);
                    for ((sum, &x), &w) in sums.iter_mut().zip(rest).zip(w) {
                        *sum += x * w;
                    }
                }
            }
            let [a, b, c, d, e, f, g, h] = sums;
            let total = ((a + b) + (c + d)) + ((e + f) + (g + h));
            let start = if ADD { *y } else { layer.bias[output] };
            *y = layer.clamp.apply(total + start);
        }
    }
}

/// Runs a layer that was packed for [`panel`] and [`GROUP`], in the same way.
pub(crate) fn int8(job: &mut Int8Job<'_>) {
    for first in (0..job.layer.padded).step_by(PANEL) {
        for row in 0..job.rows.count {
            let mut sums = sums(job, row, first);
            correct(job, &mut sums, row, first);
            put(job, &sums, row, first);
        }
    }
}

#[inline]
fn sums(job: &Int8Job<'_>, row: usize, first: usize) -> [i32; PANEL] {
    let (layer, x) = (&job.layer, &job.x[row * job.rows.x_step..]);
    let mut sums = [0; PANEL];
    sums.copy_from_slice(&layer.bias[first..][..PANEL]);
    let weights = &layer.weights[first * layer.row()..][..layer.row() * PANEL];
    let mut weights = weights.as_chunks::<PANEL>().0.iter();
    for &offset in layer.offsets {
        for (&x, weights) in x[offset..][..layer.len].iter().zip(weights.by_ref()) {
            for (sum, &w) in sums.iter_mut().zip(weights) {
                *sum = sum.wrapping_add(i32::from(x) * i32::from(w as i8));
            }
        }
    }
    sums
}

/// Takes off what depends on a row or on a zero point that came late.
#[inline]
fn correct(job: &Int8Job<'_>, sums: &mut [i32; PANEL], row: usize, first: usize) {
    if job.layer.slope != 0 {
        for (sum, &slope) in sums.iter_mut().zip(&job.layer.slopes[first..]) {
            *sum = sum.wrapping_sub(slope.wrapping_mul(job.layer.slope));
        }
    }
    if let Some(&x_sum) = job.x_sums.get(row) {
        for (sum, &zero) in sums.iter_mut().zip(&job.layer.weight_zeros[first..]) {
            *sum = sum.wrapping_sub(zero.wrapping_mul(x_sum));
        }
    }
}

/// Writes the sums of a panel as what the layer ends in.
#[inline]
fn put(job: &mut Int8Job<'_>, sums: &[i32; PANEL], row: usize, first: usize) {
    let outputs = PANEL.min(job.layer.outputs - first);
    let at = row * job.rows.y_step + first;
    match (job.layer.finish, &mut job.y) {
        (Finish::U8 { scales, zero, low, high }, Target::U8(y)) => {
            let (zero, low, high) = (i32::from(*zero), i32::from(*low), i32::from(*high));
            let mut bytes = [0; PANEL];
            for ((byte, &sum), &scale) in bytes.iter_mut().zip(sums).zip(&scales[first..]) {
                *byte = to_u8(sum, scale, zero, low, high);
            }
            y[at..][..outputs].copy_from_slice(&bytes[..outputs]);
        }
        (Finish::F32 { scales, bias, clamp }, Target::F32(y)) => {
            let y = &mut y[at..][..outputs];
            for ((y, &sum), &scale) in y.iter_mut().zip(sums).zip(&scales[first..]) {
                *y = sum as f32 * scale;
            }
            if let Some(bias) = bias {
                for (y, &bias) in y.iter_mut().zip(&bias[first..]) {
                    *y += bias;
                }
            }
            for y in y {
                *y = clamp.apply(*y);
            }
        }
        // The layer was asked for the kind of number that it ends in.
        _ => {}
    }
}
