//! What a user calls a pin: `board:led`, `led:ACT` or `gpiochip0:17`, and how it is wired and shown.

use std::fmt;
use std::str::FromStr;

use oddity_core::event::Severity;
use oddity_sensors::pin::Pattern;

use super::error::PinProblem;

/// How an alert is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    /// On.
    Steady,
    /// On and off: slowly for a warning, fast for what is critical.
    Blink,
}

impl Style {
    pub fn pattern(self, severity: Severity) -> Pattern {
        match (self, severity) {
            (Self::Steady, _) => Pattern::Steady,
            (Self::Blink, Severity::Warning) => Pattern::Slow,
            (Self::Blink, Severity::Critical) => Pattern::Fast,
        }
    }
}

/// Where a pin is, as its name says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Where {
    /// A use, an LED or a pin of the header in the file of this board.
    Board(String),
    /// An LED of the kernel.
    Led(String),
    /// A line of a GPIO chip: its device file or its label.
    Line { chip: String, line: u32 },
}

/// A pin by its name.
///
/// ```
/// use oddity::sink::PinName;
///
/// for name in ["board:led", "led:ACT:steady", "gpiochip0:17", "pinctrl-rp1:17:active-low:blink"] {
///     assert_eq!(name.parse::<PinName>()?.to_string(), name);
/// }
/// assert!("17".parse::<PinName>().is_err());
/// # Ok::<_, oddity::sink::PinProblem>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinName {
    text: String,
    pub(super) at: Where,
    pub(super) active_low: bool,
    style: Option<Style>,
}

impl PinName {
    /// A lamp and a buzzer of the board and an LED blink unless it is said otherwise. A relay does not, nor does a
    /// line of which nobody knows what hangs on it.
    pub(super) fn style(&self) -> Style {
        self.style.unwrap_or(match &self.at {
            Where::Board(name) if name == "led" || name == "buzzer" => Style::Blink,
            Where::Led(_) => Style::Blink,
            Where::Board(_) | Where::Line { .. } => Style::Steady,
        })
    }
}

impl fmt::Display for PinName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl FromStr for PinName {
    type Err = PinProblem;

    fn from_str(text: &str) -> Result<Self, PinProblem> {
        let (mut rest, mut active_low, mut style) = (text, false, None);
        // From the end, for the names of LEDs have colons in them.
        while let Some((before, word)) = rest.rsplit_once(':') {
            let twice = match word {
                "active-low" => std::mem::replace(&mut active_low, true),
                "steady" => style.replace(Style::Steady).is_some(),
                "blink" => style.replace(Style::Blink).is_some(),
                _ => break,
            };
            if twice {
                return Err(PinProblem::Words);
            }
            rest = before;
        }
        let at = match rest.split_once(':').ok_or(PinProblem::Name)? {
            ("board", name) if !name.is_empty() => Where::Board(name.to_owned()),
            ("led", name) if plain(name) => Where::Led(name.to_owned()),
            _ => line(rest)?,
        };
        if active_low && matches!(at, Where::Led(_)) {
            return Err(PinProblem::Polarity);
        }
        Ok(Self { text: text.to_owned(), at, active_low, style })
    }
}

fn line(text: &str) -> Result<Where, PinProblem> {
    let (chip, line) = text.rsplit_once(':').ok_or(PinProblem::Name)?;
    let chip = chip.strip_prefix("/dev/").unwrap_or(chip);
    let line = line.parse().map_err(|_| PinProblem::Name)?;
    if !plain(chip) {
        return Err(PinProblem::Name);
    }
    Ok(Where::Line { chip: chip.to_owned(), line })
}

/// A name that stays in its folder.
fn plain(name: &str) -> bool {
    !name.is_empty() && !name.starts_with('.') && !name.contains('/')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_after_the_place_are_taken_from_its_end() {
        let pin = |text: &str| text.parse::<PinName>().unwrap();
        let line = |chip: &str, line| Where::Line { chip: chip.to_owned(), line };
        let name = pin("/dev/gpiochip0:17:active-low");
        assert_eq!(
            (name.at.clone(), name.active_low, name.style()),
            (line("gpiochip0", 17), true, Style::Steady)
        );
        assert_eq!(pin("gpiochip0:17:blink").style(), Style::Blink);
        assert_eq!(pin("1f000d0000.gpio:3").at, line("1f000d0000.gpio", 3));
        let name = pin("led:beaglebone:green:usr0:steady");
        assert_eq!(
            (name.at.clone(), name.style()),
            (Where::Led("beaglebone:green:usr0".into()), Style::Steady)
        );
        assert_eq!(pin("board:led").style(), Style::Blink);
        assert_eq!(pin("board:relay").style(), Style::Steady);
        assert_eq!(pin("board:P9_12:blink").at, Where::Board("P9_12".into()));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in [
            "",
            "led",
            "board",
            "board:",
            "led:",
            "led:../x",
            "gpiochip0",
            "gpiochip0:",
            "gpiochip0:x",
            ":17",
            "gpiochip0:-1",
            "/etc/passwd:1",
            "gpiochip0:17:high",
            "blink",
            "active-low:blink",
        ] {
            let found = text.parse::<PinName>();
            assert!(matches!(found, Err(PinProblem::Name)), "{text:?}: {found:?}");
        }
        for text in ["gpiochip0:1:blink:steady", "gpiochip0:1:active-low:active-low"] {
            let found = text.parse::<PinName>();
            assert!(matches!(found, Err(PinProblem::Words)), "{text:?}: {found:?}");
        }
        let led = "led:ACT:active-low".parse::<PinName>();
        assert!(matches!(led, Err(PinProblem::Polarity)), "{led:?}");
    }

    #[test]
    fn what_blinks_is_faster_the_worse_it_is() {
        use Severity::{Critical, Warning};
        assert_eq!(
            [Warning, Critical].map(|bad| Style::Blink.pattern(bad)),
            [Pattern::Slow, Pattern::Fast]
        );
        assert_eq!([Warning, Critical].map(|bad| Style::Steady.pattern(bad)), [Pattern::Steady; 2]);
    }
}
