//! Normal data goes in; the same comes out, without the rows that are unlike all the rest.
//!
//! On request only: where the rows are normal after all, a model without them raises false alarms.

use super::data::Data;
use super::error::FitError;
use super::learn::fit;
use super::options::FitOptions;
use super::ranges::RowRanges;

/// A model without the oddest rows shows the next ones.
const ROUNDS: usize = 3;
/// Share of the rows that are left out at most: what more of them are is not odd.
const MOST: f64 = 0.2;

/// Leaves out the rows that are unlike the rest, as a linear autoencoder with these options tells them.
///
/// # Errors
/// As [`fit`].
pub fn without_odd(data: &Data, options: &FitOptions) -> Result<Data, FitError> {
    // What the rows are like has nothing to do with the model that will learn from them.
    let options = FitOptions { score: None, threshold: None, latent: None, ..options.clone() };
    let (mut data, mut before) = (data.clone(), data.without.clone());
    for round in 0..=ROUNDS {
        let fitted = match fit(&data, &options) {
            // Too little is left to learn from.
            Err(_) if round > 0 => {
                data.without = before;
                break;
            }
            fitted => fitted?,
        };
        if round == ROUNDS {
            break;
        }
        let odd = fitted.odd.iter().map(|odd| odd.rows);
        let without = RowRanges::new(data.without.iter().chain(odd));
        let rows = fitted.bundle.profile().provenance.rows;
        if without == data.without || without.count() as f64 > MOST * rows as f64 {
            break;
        }
        before = std::mem::replace(&mut data.without, without);
        // Of rows that are windows there are always some above.
        if fitted.bundle.profile().window == 1 {
            break;
        }
    }
    Ok(data)
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    /// Rows of two channels, of which those in `odd` are far off in one.
    fn data(odd: std::ops::Range<usize>) -> (tempfile::NamedTempFile, Data) {
        let noise = |i: usize| {
            let x = (i as f64 * 12.9898).sin() * 43_758.547;
            x - x.floor() - 0.5
        };
        let mut text = "a,b\n".to_owned();
        for row in 0..600 {
            let shift = if odd.contains(&row) { 20.0 } else { 0.0 };
            let slow = (row as f64 / 40.0).sin();
            writeln!(text, "{},{}", slow + noise(row) + shift, slow + noise(row + 5000)).unwrap();
        }
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let data = Data::plain(file.path());
        (file, data)
    }

    #[test]
    fn a_fault_among_normal_rows_is_left_out_and_makes_the_threshold_lower() {
        let (_file, dirty) = data(300..320);
        let cleaned = without_odd(&dirty, &FitOptions::default()).unwrap();
        let left_out: Vec<u64> = (1..=600).filter(|&row| cleaned.without.contains(row)).collect();
        // Ends of a stretch are known by half a window.
        let within = left_out.iter().filter(|row| (301..=320).contains(*row)).count();
        assert!(within >= 10 && left_out.len() < 60, "{left_out:?}");
        let threshold = |data: &Data| {
            let fitted = fit(data, &FitOptions::default()).unwrap();
            fitted.bundle.profile().threshold.value
        };
        assert!(threshold(&cleaned) < 0.8 * threshold(&dirty));
    }

    #[test]
    fn little_is_left_out_of_rows_that_are_alike() {
        let (_file, clean) = data(0..0);
        let left_out = without_odd(&clean, &FitOptions::default()).unwrap().without.count();
        assert!(left_out < 30, "{left_out}");
    }
}
