//! A tile of a dense int8 layer, written once for all vector instructions.

use crate::job::Int8Layer as Layer;

/// What a byte is held to.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub zero: u8,
    pub low: u8,
    pub high: u8,
}

/// `N` values from `at` on.
///
/// # Safety
/// `from` has at least `at + N` values.
#[inline(always)]
pub(super) unsafe fn lanes<T, const N: usize>(from: &[T], at: usize) -> &[T; N] {
    debug_assert!(at + N <= from.len());
    // SAFETY: the caller says that the values are there; an array is laid out as they are.
    unsafe { &*from.as_ptr().add(at).cast() }
}

/// The weights of `P` panels of `panel` outputs from `output` on.
///
/// # Safety
/// The panels lie below `padded`.
#[inline(always)]
pub(super) unsafe fn panels<'a, const P: usize>(
    layer: &Layer<'a>,
    output: usize,
    panel: usize,
) -> [&'a [u8]; P] {
    let elements = layer.row();
    let mut weights = [&layer.weights[..0]; P];
    for (p, weights) in weights.iter_mut().enumerate() {
        let from = (output + p * panel) * elements;
        // SAFETY: there are `elements` weights for each of the `padded` outputs.
        *weights = unsafe { layer.weights.get_unchecked(from..from + elements * panel) };
    }
    weights
}

/// Writes what begins and ends a tile, over the `Vector`, `LANES`, `zero`, `load`, `add`, `take_off`, `scaled`,
/// `narrow`, `store_bytes` and `store_f32` around it.
macro_rules! parts_int8 {
    ($feature:literal) => {
        /// What every sum of a tile starts from: the bias, without what came late or depends on the row. The caller has checked that its panels lie below `padded`.
        #[inline]
        #[target_feature(enable = $feature)]
        fn start<const R: usize, const P: usize, const J: usize, const C: usize>(
            job: &Job<'_>,
            (row, output): (usize, usize),
        ) -> [[[[Vector; J]; P]; R]; C] {
            let (layer, mut sums) = (&job.layer, [[[[zero(); J]; P]; R]; C]);
            for p in 0..P {
                for j in 0..J {
                    let at = output + (p * J + j) * LANES;
                    // SAFETY: the bias has `padded` values, and all panels lie below.
                    let mut bias = load(unsafe { lanes(layer.bias, at) });
                    if layer.slope != 0 {
                        // SAFETY: there are `padded` slopes, too.
                        let slopes = load(unsafe { lanes(layer.slopes, at) });
                        bias = take_off(bias, slopes, layer.slope);
                    }
                    for r in 0..R {
                        sums[0][r][p][j] = bias;
                    }
                }
            }
            if let Some(x_sums) = job.x_sums.get(row..row + R) {
                for p in 0..P {
                    for j in 0..J {
                        let at = output + (p * J + j) * LANES;
                        // SAFETY: there are `padded` zero points where there are sums of x.
                        let zeros = load(unsafe { lanes(layer.weight_zeros, at) });
                        for r in 0..R {
                            sums[0][r][p][j] = take_off(sums[0][r][p][j], zeros, x_sums[r]);
                        }
                    }
                }
            }
            sums
        }

        /// Adds the chains up.
        #[inline]
        #[target_feature(enable = $feature)]
        fn joined<const R: usize, const P: usize, const J: usize, const C: usize>(
            sums: [[[[Vector; J]; P]; R]; C],
        ) -> [[[Vector; J]; P]; R] {
            let mut all = sums[0];
            for sums in &sums[1..] {
                for r in 0..R {
                    for p in 0..P {
                        for j in 0..J {
                            all[r][p][j] = add(all[r][p][j], sums[r][p][j]);
                        }
                    }
                }
            }
            all
        }

        /// Writes the sums as what the layer ends in.
        #[inline]
        #[target_feature(enable = $feature)]
        fn finish<const R: usize, const P: usize, const J: usize, const C: usize>(
            job: &mut Job<'_>,
            sums: [[[[Vector; J]; P]; R]; C],
            (row, output): (usize, usize),
        ) {
            let mut sums = joined(sums);
            let (width, left) = (P * J, job.layer.outputs - output);
            if let (Finish::U8 { scales, zero: y_zero, low, high }, Target::U8(y)) =
                (job.layer.finish, &mut job.y)
            {
                let limits = Limits { zero: *y_zero, low: *low, high: *high };
                for p in 0..P {
                    for j in 0..J {
                        let at = output + (p * J + j) * LANES;
                        // SAFETY: there are `padded` scales, and all panels lie below.
                        let scales = unsafe { lanes(scales, at) };
                        for r in 0..R {
                            sums[r][p][j] = scaled(sums[r][p][j], scales);
                        }
                    }
                }
                // Whether short rows lie one behind the other.
                let dense = width < 4
                    && job.layer.outputs == width * LANES
                    && job.rows.y_step == width * LANES;
                // Four vectors become one of bytes: all of one row, or of two or four rows.
                let mut first = 0;
                while first < R * width {
                    let mut four = [zero(); 4];
                    for q in 0..4 {
                        let (r, c) = ((first + q) / width, (first + q) % width);
                        if r < R {
                            four[q] = sums[r][c / J][c % J];
                        }
                    }
                    let bytes = narrow(four, limits);
                    if dense && first + 4 <= R * width {
                        let at = row * job.rows.y_step + first * LANES;
                        // SAFETY: the rows are the job's, y holds all of them, and they have no gaps.
                        let y = unsafe { y.get_unchecked_mut(at..at + 4 * LANES) };
                        store_bytes(y, bytes, 0, 4);
                        first += 4;
                        continue;
                    }
                    let mut q = 0;
                    while q < 4 && first + q < R * width {
                        let (r, c) = ((first + q) / width, (first + q) % width);
                        let at = (row + r) * job.rows.y_step + output;
                        // SAFETY: the row is one of the job's, and y holds all of them.
                        let y = unsafe { y.get_unchecked_mut(at..at + left) };
                        let y = y.get_mut(c * LANES..).unwrap_or_default();
                        store_bytes(y, bytes, q, width.min(4));
                        q += width.min(4);
                    }
                    first += 4;
                }
            }
            if let (Finish::F32 { scales, bias, clamp }, Target::F32(y)) =
                (job.layer.finish, &mut job.y)
            {
                for p in 0..P {
                    for j in 0..J {
                        let at = (p * J + j) * LANES;
                        // SAFETY: there are `padded` scales, and all panels lie below.
                        let scales = unsafe { lanes(scales, output + at) };
                        // -0 changes nothing that it is added to, 0 would change -0.
                        let mut start = &[-0.0; LANES];
                        if let Some(bias) = bias {
                            // SAFETY: as many as scales.
                            start = unsafe { lanes(bias, output + at) };
                        }
                        for r in 0..R {
                            let row = (row + r) * job.rows.y_step + output;
                            // SAFETY: the row is one of the job's, and y holds all of them.
                            let y = unsafe { y.get_unchecked_mut(row..row + left) };
                            if let Some(y) = y.get_mut(at..) {
                                store_f32(y, sums[r][p][j], scales, start, *clamp);
                            }
                        }
                    }
                }
            }
        }
    };
}
pub(super) use parts_int8;

/// Writes `fn tile` over these parts and `accumulate`, for instructions that take bytes of x.
macro_rules! tile_int8 {
    ($feature:literal) => {
        /// `R` rows from `row` on by `P` panels from `output` on, of `J` vectors and `B = J * LANES * GROUP`
        /// bytes of weights a group each. Every sum runs in `C` chains.
        #[inline]
        #[target_feature(enable = $feature)]
        fn tile<const R: usize, const P: usize, const J: usize, const B: usize, const C: usize>(
            job: &mut Job<'_>,
            (row, output): (usize, usize),
        ) {
            let (layer, rows) = (job.layer, job.rows);
            if row + R > rows.count || output + P * J * LANES > layer.padded {
                debug_assert!(false, "a tile outside of its layer");
                return;
            }
            let mut sums = start::<R, P, J, C>(job, (row, output));
            // SAFETY: all panels lie below `padded`.
            let mut weights = unsafe { panels::<P>(&layer, output, J * LANES) };
            for &offset in layer.offsets {
                let mut xs = [&job.x[..0]; R];
                for r in 0..R {
                    let at = (row + r) * rows.x_step + offset;
                    // SAFETY: the row is one of the job's, and x holds every piece of all of them, with
                    // slack for what fills up a group.
                    xs[r] = unsafe { job.x.get_unchecked(at..at + layer.padded_len) };
                }
                let mut piece = [&layer.weights[..0]; P];
                for p in 0..P {
                    let here = layer.padded_len * J * LANES;
                    // SAFETY: the elements are `padded_len` for each piece.
                    let (here, behind) = unsafe { weights[p].split_at_unchecked(here) };
                    (piece[p], weights[p]) = (here, behind);
                }
                accumulate::<R, P, J, B, C>(&mut sums, xs, piece, layer.padded_len);
            }
            finish(job, sums, (row, output));
        }
    };
}
pub(super) use tile_int8;

/// Writes `fn accumulate` over the `Value`, `GROUP`, `load_weights`, `splat` and `dot` around it, for
/// instructions that take one group of x for all outputs.
#[cfg(target_arch = "x86_64")]
macro_rules! accumulate_int8 {
    ($feature:literal) => {
        /// Adds a piece of `len` values to every sum.
        #[inline]
        #[target_feature(enable = $feature)]
        fn accumulate<
            const R: usize,
            const P: usize,
            const J: usize,
            const B: usize,
            const C: usize,
        >(
            sums: &mut [[[[Vector; J]; P]; R]; C],
            xs: [&[Value]; R],
            weights: [&[u8]; P],
            len: usize,
        ) {
            let len = len / GROUP;
            // Cut to one length, so that the compiler sees that no index below is out of range.
            let (mut groups, mut panels) = ([&[][..]; R], [&[][..]; P]);
            for r in 0..R {
                groups[r] = &xs[r].as_chunks::<GROUP>().0[..len];
            }
            for p in 0..P {
                panels[p] = &weights[p].as_chunks::<B>().0[..len];
            }
            let mut start = 0;
            while start < len {
                for c in 0..C {
                    let i = start + c;
                    if i >= len {
                        break;
                    }
                    let mut w = [[zero(); J]; P];
                    for p in 0..P {
                        for j in 0..J {
                            w[p][j] = load_weights(&panels[p][i], j * LANES * GROUP);
                        }
                    }
                    for r in 0..R {
                        let x = splat(groups[r][i]);
                        for p in 0..P {
                            for j in 0..J {
                                sums[c][r][p][j] = dot(sums[c][r][p][j], x, w[p][j]);
                            }
                        }
                    }
                }
                start += C;
            }
        }
    };
}
#[cfg(target_arch = "x86_64")]
pub(super) use accumulate_int8;
