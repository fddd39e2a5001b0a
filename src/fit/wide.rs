//! Data with very many columns goes in; whether a row of it is one signal, such as a spectrum or a beat, comes out.
//!
//! The number of columns tells nothing: there are machines with hundreds of sensors. Their names tell, or their
//! readings: those of a signal go on smoothly from column to column, and come without times.

use super::data::{Data, Wanted};
use super::error::FitError;
use super::survey::Survey;

/// Fewer columns than this are no signal.
pub(super) const WIDE: usize = 64;
/// Rows that are looked at.
const ROWS: u64 = 1000;
/// Squared second differences over squared first ones: 3 of noise, 2 of a random walk, near 0 of what is smooth.
const SMOOTH: f64 = 1.2;
/// So many of the names must say it.
const NAMES: f64 = 0.9;

/// Words that bins of a spectrum are called by.
const WORDS: [&str; 10] =
    ["bin", "band", "freq", "frequency", "fft", "mel", "wl", "wavelength", "wavenumber", "mz"];
/// Units of what spectra are taken over.
const UNITS: [&str; 8] = ["hz", "khz", "mhz", "nm", "um", "cm-1", "1/cm", "ev"];

/// Whether each row is a window of its own.
pub(super) fn is_signal(data: &Data, survey: &Survey) -> Result<bool, FitError> {
    if survey.channels.len() <= WIDE || !survey.differences().is_empty() {
        return Ok(false);
    }
    let names: Vec<String> = survey.channels.iter().map(|(name, _)| name.clone()).collect();
    if are_bins(&names) {
        return Ok(true);
    }
    if survey.period_s.is_some() {
        return Ok(false);
    }
    let (mut sum, mut count) = (0.0, 0.0);
    let wanted = Wanted::known(names, &survey.read);
    data.read(&wanted, |_, sample, label| {
        if sample.row <= ROWS
            && data.is_normal(sample.row, label)
            && let Some(roughness) = roughness(sample.values)
        {
            sum += roughness;
            count += 1.0;
        }
        Ok(())
    })?;
    Ok(count > 0.0 && sum / count <= SMOOTH)
}

/// Squared second differences of what is there over squared first ones; `None` where nothing moves.
fn roughness(values: &[f64]) -> Option<f64> {
    let (mut first, mut second) = (0.0, 0.0);
    let (mut last, mut step): (Option<f64>, Option<f64>) = (None, None);
    for &value in values.iter().filter(|value| value.is_finite()) {
        let now = last.map(|last| value - last);
        if let Some(now) = now {
            first += now * now;
        }
        if let (Some(now), Some(before)) = (now, step) {
            second += (now - before) * (now - before);
        }
        (last, step) = (Some(value), now);
    }
    (first > 0.0).then(|| second / first)
}

/// Whether names are rising numbers, with a word or a unit that spectra have, or alone.
fn are_bins(names: &[String]) -> bool {
    let numbers: Vec<f64> = names.iter().filter_map(|name| bin(name)).collect();
    let rising = numbers.windows(2).filter(|pair| pair[0] < pair[1]).count() + 1;
    rising as f64 >= NAMES * names.len() as f64
}

/// The number in a name such as `bin7`, `120 Hz`, `f_100Hz`, or `7`.
fn bin(name: &str) -> Option<f64> {
    let name = name.trim().to_lowercase();
    let digit = |c: char| c.is_ascii_digit() || c == '.';
    let start = name.find(|c: char| c.is_ascii_digit())?;
    let (word, rest) = name.split_at(start);
    let (number, unit) = rest.split_at(rest.find(|c| !digit(c)).unwrap_or(rest.len()));
    let of = |text: &str| text.trim_matches(|c: char| " _-[]()".contains(c)).to_owned();
    let (word, unit) = (of(word), of(unit));
    let named = WORDS.contains(&word.as_str()) && unit.is_empty();
    let in_unit = UNITS.contains(&unit.as_str());
    let alone = word.is_empty() && unit.is_empty();
    (named || in_unit || alone).then(|| number.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_a_spectrum_and_not_seventy_sensors() {
        let names = |of: fn(usize) -> String| (0..70).map(of).collect::<Vec<_>>();
        assert!(are_bins(&names(|i| format!("bin{i}"))));
        assert!(are_bins(&names(|i| format!("FFT_{i:03}"))));
        assert!(are_bins(&names(|i| format!("{} Hz", 12.5 * i as f64))));
        assert!(are_bins(&names(|i| format!("f_{i}Hz"))));
        assert!(are_bins(&names(|i| format!("{i}"))));
        assert!(!are_bins(&names(|i| format!("s{i}"))));
        assert!(!are_bins(&names(|i| format!("temp {i}"))));
        assert!(!are_bins(&names(|i| format!("c{i}"))));
        assert!(!are_bins(&names(|i| format!("{}", i * 37 % 70))), "in no order");
    }

    #[test]
    fn a_signal_is_smooth_and_sensors_side_by_side_are_not() {
        let row = |of: fn(usize) -> f64| roughness(&(0..100).map(of).collect::<Vec<_>>()).unwrap();
        assert!(row(|i| (i as f64 / 8.0).sin()) < 0.1);
        assert!(row(|i| (i * 37 % 101) as f64) > SMOOTH);
        // Fifty pressures, then fifty temperatures.
        assert!(row(|i| if i < 50 { 2.0 } else { 90.0 } + (i * 37 % 7) as f64 * 0.01) > SMOOTH);
        assert_eq!(roughness(&[1.0, 1.0, f64::NAN, 1.0]), None);
    }
}
