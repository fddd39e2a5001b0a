//! Layers of a few outputs over f32, written once for all vector instructions.
//!
//! A vector of [`tile_f32`](super::tile_f32) holds outputs, and is left nearly empty by one or two of them. Here it
//! holds elements of one output. Lane `i` sums elements `i`, `i + LANES`, ... of every piece; the lanes are added
//! up at the end, and what the sum starts from last.

/// The most outputs that a layer of this kind has.
pub(super) const OUTPUTS: usize = 4;

/// Writes `fn dots` over the `Vector`, `LANES`, `zero`, `load`, `load_some`, `multiply_add` and `totals` around it.
///
/// Weights lie as `[pieces][len / LANES][outputs][LANES]`, each piece filled up with zeros. What stands behind a
/// piece of x is never read: it could be infinite.
macro_rules! dot_f32 {
    ($feature:literal) => {
        /// Runs a layer of up to [`OUTPUTS`](super::dot_f32::OUTPUTS) outputs. So many rows at once that their
        /// sums hide the time that one takes.
        #[target_feature(enable = $feature)]
        fn dots<const ADD: bool>(job: &mut Job<'_>) {
            match job.layer.outputs {
                1 => dot_rows::<1, 8, 4, ADD>(job),
                2 => dot_rows::<2, 4, 2, ADD>(job),
                3 => dot_rows::<3, 3, 1, ADD>(job),
                4 => dot_rows::<4, 2, 1, ADD>(job),
                _ => debug_assert!(false, "a layer that was packed for other kernels"),
            }
        }

        /// `R` rows at once, then `H`, then one by one.
        #[inline]
        #[target_feature(enable = $feature)]
        fn dot_rows<const O: usize, const R: usize, const H: usize, const ADD: bool>(
            job: &mut Job<'_>,
        ) {
            let (count, mut row) = (job.rows.count, 0);
            while row + R <= count {
                dot::<O, R, ADD>(job, row);
                row += R;
            }
            while row + H <= count {
                dot::<O, H, ADD>(job, row);
                row += H;
            }
            while row < count {
                dot::<O, 1, ADD>(job, row);
                row += 1;
            }
        }

        /// All `O` outputs of `R` rows from `row` on.
        #[inline]
        #[target_feature(enable = $feature)]
        fn dot<const O: usize, const R: usize, const ADD: bool>(job: &mut Job<'_>, row: usize) {
            let (layer, rows) = (job.layer, job.rows);
            if row + R > rows.count || layer.outputs != O {
                debug_assert!(false, "a tile outside of its layer");
                return;
            }
            let (len, whole) = (layer.len, layer.len / LANES);
            let mut sums = [[zero(); O]; R];
            let mut weights = layer.weights.as_chunks::<LANES>().0.as_chunks::<O>().0.iter();
            for &offset in layer.offsets {
                let mut xs = [&job.x[..0]; R];
                for r in 0..R {
                    let at = (row + r) * rows.x_step + offset;
                    // SAFETY: the row is one of the job's, and x holds every piece of all of them.
                    xs[r] = unsafe { job.x.get_unchecked(at..at + len) };
                }
                for i in 0..whole {
                    let Some(w) = weights.next() else { return };
                    for r in 0..R {
                        // SAFETY: the piece holds so many whole vectors.
                        let x = unsafe { xs[r].get_unchecked(i * LANES..(i + 1) * LANES) };
                        let x = load(x, 0);
                        for o in 0..O {
                            sums[r][o] = multiply_add(x, load(&w[o], 0), sums[r][o]);
                        }
                    }
                }
                if whole * LANES < len {
                    let Some(w) = weights.next() else { return };
                    for r in 0..R {
                        let x = load_some(&xs[r][whole * LANES..]);
                        for o in 0..O {
                            sums[r][o] = multiply_add(x, load(&w[o], 0), sums[r][o]);
                        }
                    }
                }
            }
            // Four sums at a time: what `totals` takes.
            for four in 0..(R * O).div_ceil(4) {
                let mut vectors = [zero(); 4];
                for k in 0..4 {
                    let n = four * 4 + k;
                    if n < R * O {
                        vectors[k] = sums[n / O][n % O];
                    }
                }
                let totals = totals(vectors);
                for k in 0..4 {
                    let n = four * 4 + k;
                    if n < R * O {
                        let at = (row + n / O) * rows.y_step + n % O;
                        // SAFETY: the row is one of the job's, and y holds all of them.
                        let y = unsafe { job.y.get_unchecked_mut(at) };
                        let start = if ADD { *y } else { layer.bias[n % O] };
                        *y = layer.clamp.apply(totals[k] + start);
                    }
                }
            }
        }
    };
}
pub(super) use dot_f32;
