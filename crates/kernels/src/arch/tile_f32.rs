//! A tile of a dense f32 layer, written once for all vector instructions.

/// Writes `fn tile` over the `Vector`, `LANES`, `zero`, `load`, `load_some`, `splat`, `add`, `at_least`,
/// `at_most`, `store` and `accumulate` around it.
macro_rules! tile_f32 {
    ($feature:literal) => {
        /// `R` rows from `row` on by `P` panels from `output` on, of `J` vectors and `W = J * LANES` outputs
        /// each. Every sum runs in `C` chains, element `i` of a piece in chain `i mod C`.
        #[inline]
        #[target_feature(enable = $feature)]
        fn tile<
            const R: usize,
            const P: usize,
            const J: usize,
            const W: usize,
            const C: usize,
            const ADD: bool,
        >(
            job: &mut Job<'_>,
            (row, output): (usize, usize),
        ) {
            let (layer, rows) = (job.layer, job.rows);
            if row + R > rows.count || output + P * W > layer.padded {
                debug_assert!(false, "a tile outside of its layer");
                return;
            }
            let mut sums = [[[[zero(); J]; P]; R]; C];
            for r in 0..R {
                let at = (row + r) * rows.y_step;
                // SAFETY: the row is one of the job's, and y holds all of them.
                let y = unsafe { job.y.get_unchecked(at..at + layer.outputs) };
                for p in 0..P {
                    for j in 0..J {
                        let at = output + p * W + j * LANES;
                        sums[0][r][p][j] = if ADD {
                            load_some(y.get(at..).unwrap_or_default())
                        } else {
                            // SAFETY: the bias has `padded` values, and all panels lie below.
                            load(unsafe { layer.bias.get_unchecked(at..at + LANES) }, 0)
                        };
                    }
                }
            }
            let mut weights = [&layer.weights[..0]; P];
            for p in 0..P {
                let from = (output + p * W) * layer.elements;
                let to = from + layer.elements * W;
                // SAFETY: there are `elements` weights for each of the `padded` outputs.
                weights[p] = unsafe { layer.weights.get_unchecked(from..to) };
            }
            for &offset in layer.offsets {
                let mut xs = [&job.x[..0]; R];
                for r in 0..R {
                    let at = (row + r) * rows.x_step + offset;
                    // SAFETY: the row is one of the job's, and x holds every piece of all of them.
                    xs[r] = unsafe { job.x.get_unchecked(at..at + layer.len) };
                }
                let mut piece = [&layer.weights[..0]; P];
                for p in 0..P {
                    // SAFETY: the elements are `len` for each piece.
                    let (here, behind) = unsafe { weights[p].split_at_unchecked(layer.len * W) };
                    (piece[p], weights[p]) = (here, behind);
                }
                accumulate::<R, P, J, W, C>(&mut sums, xs, piece, layer.len);
            }
            let mut sums = joined(sums);
            limit(&mut sums, layer.clamp);
            for r in 0..R {
                let at = (row + r) * rows.y_step;
                // SAFETY: the row is one of the job's, and y holds all of them.
                let y = unsafe { job.y.get_unchecked_mut(at..at + layer.outputs) };
                for p in 0..P {
                    for j in 0..J {
                        if let Some(y) = y.get_mut(output + p * W + j * LANES..) {
                            store(y, sums[r][p][j]);
                        }
                    }
                }
            }
        }

        /// Adds the chains up.
        #[inline]
        #[target_feature(enable = $feature)]
        fn joined<const R: usize, const P: usize, const J: usize, const C: usize>(
            sums: [[[[Vector; J]; P]; R]; C],
        ) -> [[[Vector; J]; P]; R] {
            let mut all = sums[0];
            if C == 4 {
                for r in 0..R {
                    for p in 0..P {
                        for j in 0..J {
                            let early = add(sums[0][r][p][j], sums[1 % C][r][p][j]);
                            let late = add(sums[2 % C][r][p][j], sums[3 % C][r][p][j]);
                            all[r][p][j] = add(early, late);
                        }
                    }
                }
            }
            all
        }

        /// Brings the sums within the limits, of which most layers have one or none.
        #[inline]
        #[target_feature(enable = $feature)]
        fn limit<const R: usize, const P: usize, const J: usize>(
            sums: &mut [[[Vector; J]; P]; R],
            clamp: Clamp,
        ) {
            if clamp.low > f32::NEG_INFINITY {
                let low = splat(clamp.low);
                for sum in sums.as_flattened_mut().as_flattened_mut() {
                    *sum = at_least(low, *sum);
                }
            }
            if clamp.high < f32::INFINITY {
                let high = splat(clamp.high);
                for sum in sums.as_flattened_mut().as_flattened_mut() {
                    *sum = at_most(high, *sum);
                }
            }
        }
    };
}
pub(super) use tile_f32;

/// Writes `fn accumulate` over `splat` and `multiply_add`, for instructions that take one x for all lanes.
#[cfg(target_arch = "x86_64")]
macro_rules! accumulate_f32 {
    ($feature:literal) => {
        /// Adds a piece of `len` elements to every sum.
        #[inline]
        #[target_feature(enable = $feature)]
        fn accumulate<
            const R: usize,
            const P: usize,
            const J: usize,
            const W: usize,
            const C: usize,
        >(
            sums: &mut [[[[Vector; J]; P]; R]; C],
            xs: [&[f32]; R],
            weights: [&[f32]; P],
            len: usize,
        ) {
            // A chain's share at a time, all cut to one length, so that the compiler sees that no index below is
            // out of range.
            let whole = len / C;
            let (mut values, mut panels) = ([&[][..]; R], [&[][..]; P]);
            let (mut last_values, mut last_panels) = ([&[][..]; R], [&[][..]; P]);
            for r in 0..R {
                (values[r], last_values[r]) = xs[r].as_chunks::<C>();
                values[r] = &values[r][..whole];
            }
            for p in 0..P {
                (panels[p], last_panels[p]) = weights[p].as_chunks::<W>().0.as_chunks::<C>();
                panels[p] = &panels[p][..whole];
            }
            for i in 0..whole {
                for c in 0..C {
                    let mut w = [[zero(); J]; P];
                    for p in 0..P {
                        for j in 0..J {
                            w[p][j] = load(&panels[p][i][c], j * LANES);
                        }
                    }
                    for r in 0..R {
                        let x = splat(values[r][i][c]);
                        for p in 0..P {
                            for j in 0..J {
                                sums[c][r][p][j] = multiply_add(x, w[p][j], sums[c][r][p][j]);
                            }
                        }
                    }
                }
            }
            // C - 1 elements at most are left.
            for c in 0..C - 1 {
                if whole * C + c >= len {
                    break;
                }
                for r in 0..R {
                    let x = splat(last_values[r][c]);
                    for p in 0..P {
                        for j in 0..J {
                            let w = load(&last_panels[p][c], j * LANES);
                            sums[c][r][p][j] = multiply_add(x, w, sums[c][r][p][j]);
                        }
                    }
                }
            }
        }
    };
}
#[cfg(target_arch = "x86_64")]
pub(super) use accumulate_f32;
