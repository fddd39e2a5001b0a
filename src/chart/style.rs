//! What everything in a report looks like: colours for light and dark, a ramp for continuous
//! values, how a number and a long name are written. Draws nothing.

use plotters::style::RGBColor;

/// A colour of the charts, by what it is used for. The categories are those of Okabe & Ito 2008
/// ("Color Universal Design"), which colour-blind readers tell apart; orange is a little darker
/// than theirs, so that a thin line shows on white.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChartColour {
    /// Text.
    Ink,
    /// Text of less weight.
    Muted,
    /// Axes.
    Axis,
    /// Lines of the grid.
    Grid,
    /// What was measured; the first category.
    Blue,
    /// What a model makes of it; the second category.
    Orange,
    /// The third category.
    Green,
    /// What stands out: an alert, a threshold.
    Vermillion,
    /// The fourth category.
    Purple,
    /// The last category.
    Sky,
    /// All else.
    Rest,
}

impl ChartColour {
    /// All of them.
    pub const ALL: [Self; 11] = [
        Self::Ink,
        Self::Muted,
        Self::Axis,
        Self::Grid,
        Self::Blue,
        Self::Orange,
        Self::Green,
        Self::Vermillion,
        Self::Purple,
        Self::Sky,
        Self::Rest,
    ];

    /// Colours of labels, in the order in which they are given out.
    pub const CATEGORIES: [Self; 6] =
        [Self::Blue, Self::Orange, Self::Green, Self::Purple, Self::Vermillion, Self::Sky];

    /// On white, and on a dark page. No two roles share a light colour: that is how the style sheet
    /// of the page finds them.
    const fn pair(self) -> (u32, u32) {
        match self {
            Self::Ink => (0x1F_2430, 0xE6_E8EB),
            Self::Muted => (0x5B_6472, 0xA3_ABB8),
            Self::Axis => (0x9A_A3AF, 0x5F_6875),
            Self::Grid => (0xE3_E6EA, 0x2C_323B),
            Self::Blue => (0x00_72B2, 0x4F_A8E0),
            Self::Orange => (0xDD_8A00, 0xF0_B03C),
            Self::Green => (0x00_9E73, 0x2C_C295),
            Self::Vermillion => (0xD5_5E00, 0xFF_8A4C),
            Self::Purple => (0xCC_79A7, 0xE0_9CC4),
            Self::Sky => (0x56_B4E9, 0x8F_D0F7),
            Self::Rest => (0x8A_8F98, 0x8B_9099),
        }
    }

    /// As it is written in a style sheet.
    pub fn hex(self, dark: bool) -> String {
        let (light, on_dark) = self.pair();
        format!("#{:06X}", if dark { on_dark } else { light })
    }

    /// The colour as it is drawn.
    pub fn colour(self) -> RGBColor {
        rgb(self.pair().0)
    }
}

fn rgb(hex: u32) -> RGBColor {
    let [_, r, g, b] = hex.to_be_bytes();
    RGBColor(r, g, b)
}

/// Rules that exchange the colours of inline SVG for those of a dark page.
pub fn dark_rules() -> String {
    let mut rules = "@media screen and (prefers-color-scheme: dark) {\n".to_owned();
    for role in ChartColour::ALL {
        let (light, dark) = role.pair();
        rules.push_str(&format!(
            "svg [fill=\"#{light:06X}\"]{{fill:#{dark:06X}}}\
             svg [stroke=\"#{light:06X}\"]{{stroke:#{dark:06X}}}\n"
        ));
    }
    rules + "}\n"
}

/// From early to late: blue, violet, red, amber. Of middle lightness, so that both ends show on
/// white and on black, and rising in lightness, so that it survives a grey printer.
const TIME: [u32; 5] = [0x35_5FC0, 0x86_5CC0, 0xC8_588F, 0xE9_7A55, 0xF0_B040];

/// From no error to the largest: the five stops of "magma" (van der Walt & Smith 2015).
pub const ERROR: [u32; 6] = [0x00_0004, 0x3B_0F70, 0x8C_2981, 0xDE_4968, 0xFE_9F6D, 0xFC_FDBF];

/// `part` of the way along the ramp of time, in one of 32 steps; below 0 and above 1 are the ends.
pub fn time_colour(part: f64) -> RGBColor {
    let step = (part.clamp(0.0, 1.0) * 31.0).round() / 31.0;
    let [r, g, b] = ramp(&TIME, step);
    RGBColor(r, g, b)
}

/// `part` of the way (0 to 1) along evenly spaced `stops`.
pub fn ramp(stops: &[u32], part: f64) -> [u8; 3] {
    let last = stops.len().saturating_sub(1);
    let place = if part.is_finite() { part.clamp(0.0, 1.0) * last as f64 } else { 0.0 };
    let below = (place.floor() as usize).min(last);
    let channels = |at: usize| stops.get(at).copied().unwrap_or(0).to_be_bytes();
    let ([_, r, g, b], [_, r2, g2, b2]) = (channels(below), channels((below + 1).min(last)));
    let share = place - below as f64;
    let mix = |a: u8, b: u8| (f64::from(a) + (f64::from(b) - f64::from(a)) * share).round() as u8;
    [mix(r, r2), mix(g, g2), mix(b, b2)]
}

/// Whether a value can be drawn: finite, and not so large that a range would overflow.
pub fn usable(value: f64) -> bool {
    value.is_finite() && value.abs() < 1e100
}

/// A number for people: four significant digits, without trailing zeros.
pub fn number(value: f64) -> String {
    if !value.is_finite() {
        return if value.is_nan() { "not a number".into() } else { format!("{value}") };
    }
    if value == 0.0 {
        return "0".into();
    }
    let power = value.abs().log10().floor() as i32;
    if !(-4..6).contains(&power) {
        let text = format!("{value:.3e}");
        let (digits, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{}e{exponent}", trim(digits));
    }
    let decimals = usize::try_from(3 - power).unwrap_or(0);
    trim(&format!("{value:.decimals$}")).to_owned()
}

fn trim(digits: &str) -> &str {
    if digits.contains('.') { digits.trim_end_matches('0').trim_end_matches('.') } else { digits }
}

/// A share in per cent, with enough digits that a few of many do not read as none.
pub fn percent(part: usize, whole: usize) -> String {
    let share = 100.0 * part as f64 / whole.max(1) as f64;
    if part > 0 && share < 0.01 {
        "less than 0.01 %".into()
    } else if share < 1.0 {
        format!("{} %", trim(&format!("{share:.2}")))
    } else {
        format!("{share:.1} %")
    }
}

/// `one` thing or `many` things, with the count.
pub fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// At most `most` characters: the middle gives way, for names differ at their ends. What XML
/// forbids becomes a replacement character.
pub fn shorten(name: &str, most: usize) -> String {
    let clean: Vec<char> =
        name.chars().map(|c| if forbidden(c) { '\u{FFFD}' } else { c }).collect();
    if clean.len() <= most {
        return clean.into_iter().collect();
    }
    let head = most.saturating_sub(1).div_ceil(2);
    let tail = most.saturating_sub(1) - head;
    let start = clean.iter().take(head);
    let end = clean.iter().skip(clean.len() - tail);
    start.chain(std::iter::once(&'…')).chain(end).collect()
}

/// The text without characters that XML forbids.
pub fn clean(text: &str) -> String {
    shorten(text, usize::MAX)
}

/// Characters that neither XML nor a reader can do anything with.
pub fn forbidden(c: char) -> bool {
    (c.is_control() && !matches!(c, '\n' | '\t')) || matches!(c, '\u{FFFE}' | '\u{FFFF}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_four_digits() {
        assert_eq!(number(4.2), "4.2");
        assert_eq!(number(0.000_123_456), "0.0001235");
        assert_eq!(number(7200.0), "7200");
        assert_eq!(number(123_456.7), "123457");
        assert_eq!(number(1.5e-7), "1.5e-7");
        assert_eq!(number(-2e9), "-2e9");
        assert_eq!(number(f64::NAN), "not a number");
    }

    #[test]
    fn a_few_of_many_are_not_none() {
        assert_eq!(percent(1, 1_000_000), "less than 0.01 %");
        assert_eq!(percent(0, 10), "0 %");
        assert_eq!(percent(14, 7198), "0.19 %");
        assert_eq!(percent(1, 2), "50.0 %");
    }

    #[test]
    fn long_names_keep_both_ends() {
        assert_eq!(shorten("pressure_in_front_of_pump_7", 11), "press…ump_7");
        assert_eq!(shorten("a\u{1}b", 9), "a\u{FFFD}b");
    }

    #[test]
    fn the_ramp_starts_and_ends_at_its_stops() {
        assert_eq!(ramp(&[0x00_0000, 0xFF_8000], 0.0), [0, 0, 0]);
        assert_eq!(ramp(&[0x00_0000, 0xFF_8000], 1.0), [255, 128, 0]);
        assert_eq!(ramp(&[0x00_0000, 0xFF_8000], 0.5), [128, 64, 0]);
        assert_eq!(ramp(&[0x00_0000, 0xFF_8000], f64::NAN), [0, 0, 0]);
    }

    #[test]
    fn the_style_sheet_can_tell_roles_apart() {
        let mut light: Vec<u32> = ChartColour::ALL.iter().map(|role| role.pair().0).collect();
        light.sort_unstable();
        light.dedup();
        assert_eq!(light.len(), ChartColour::ALL.len());
    }
}
