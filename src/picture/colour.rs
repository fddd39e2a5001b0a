//! The colours of heat maps: a share from 0 to 1 goes in, a colour comes out.
//!
//! Inferno, a perceptually uniform map (N. J. Smith & S. van der Walt, matplotlib 1.5): from black
//! over purple and orange to pale yellow, so that equal steps of the error look equally large, in
//! print and to the colour-blind too. By the polynomials that M. Zucker fitted to it (public domain).

/// Coefficients of red, green and blue, the constant first.
const POLYNOMIAL: [[f32; 3]; 7] = [
    [0.000_219, 0.001_651, -0.019_481],
    [0.106_513, 0.563_956, 3.932_712],
    [11.602_49, -3.972_854, -15.942_39],
    [-41.704, 17.436_4, 44.354_15],
    [77.162_94, -33.402_36, -81.807_31],
    [-71.319_43, 32.626_06, 73.209_52],
    [25.131_13, -12.242_67, -23.070_33],
];

/// The colour of a share; what lies outside of 0 to 1 has the colour of its end.
pub(super) fn inferno(share: f32) -> [u8; 3] {
    // What is not a number is as odd as can be.
    let t = if share.is_nan() { 1.0 } else { share.clamp(0.0, 1.0) };
    let at = |colour: usize| {
        POLYNOMIAL.iter().rev().fold(0.0, |sum, row| sum * t + row.get(colour).unwrap_or(&0.0))
    };
    [byte(at(0)), byte(at(1)), byte(at(2))]
}

/// A brightness from 0 to 1 as a byte, rounded.
pub(super) fn byte(value: f32) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0).round() as u8
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_runs_from_black_to_pale_yellow_and_never_gets_darker() {
        assert!(inferno(0.0).iter().all(|&c| c < 5), "{:?}", inferno(0.0));
        let [red, green, blue] = inferno(1.0);
        assert!(red > 245 && green > 245 && (150..180).contains(&blue), "{:?}", inferno(1.0));
        // matplotlib's own middle is #bc3754.
        let middle = inferno(0.5);
        for (found, wanted) in middle.iter().zip([0xbc, 0x37, 0x54]) {
            assert!(found.abs_diff(wanted) < 6, "{middle:?}");
        }
        let luma = |[r, g, b]: [u8; 3]| {
            0.2126 * f32::from(r) + 0.7152 * f32::from(g) + 0.0722 * f32::from(b)
        };
        for step in 0..100 {
            let (now, then) = (step as f32 / 100.0, (step + 1) as f32 / 100.0);
            assert!(luma(inferno(then)) >= luma(inferno(now)) - 0.3, "{now}");
        }
        assert_eq!(inferno(f32::NAN), inferno(1.0));
        assert_eq!(inferno(7.0), inferno(1.0));
    }
}
