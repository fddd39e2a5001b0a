//! Where a pin is on this machine: its name goes in; an LED's folder or a line of a GPIO chip comes out. Reads only.

use std::path::{Path, PathBuf};

#[cfg(feature = "board")]
use super::board::{self, OnBoard};
use super::error::PinProblem;
use super::line;
use super::name::{PinName, Where};

/// Folder of LEDs.
const LEDS: &str = "sys/class/leds";

/// A pin that is there, as far as that can be seen without using it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The folder of an LED.
    Led(PathBuf),
    /// A line of a GPIO chip.
    Line { chip: PathBuf, line: u32 },
}

/// Finds a pin below `root`.
///
/// # Errors
/// There is no such pin, with those that there are.
pub(super) fn find(name: &PinName, root: &Path) -> Result<Place, PinProblem> {
    let place = match &name.at {
        Where::Led(led) => led_called(&[led.as_str()], root)?,
        Where::Line { chip, line } => {
            let file = root.join("dev").join(chip);
            let chip = match chip.starts_with("gpiochip") && file.exists() {
                true => file,
                false => line::chip_labelled(chip, root)?,
            };
            Place::Line { chip, line: *line }
        }
        Where::Board(pin) => on_board(pin, root)?,
    };
    match place {
        Place::Led(_) if name.active_low => Err(PinProblem::Polarity),
        place => Ok(place),
    }
}

#[cfg(feature = "board")]
fn on_board(pin: &str, root: &Path) -> Result<Place, PinProblem> {
    match board::find(pin, root)? {
        OnBoard::Led(names) => {
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            led_called(&names, root)
        }
        OnBoard::Line { label, line } => {
            Ok(Place::Line { chip: line::chip_labelled(&label, root)?, line })
        }
        OnBoard::Named(name) => {
            let (chip, line) = line::named(&name, root)?;
            Ok(Place::Line { chip, line })
        }
    }
}

#[cfg(not(feature = "board"))]
fn on_board(_: &str, _: &Path) -> Result<Place, PinProblem> {
    Err(PinProblem::NoBoards)
}

/// The first of these LEDs that is there.
fn led_called(names: &[&str], root: &Path) -> Result<Place, PinProblem> {
    let leds = root.join(LEDS);
    let mut folders = names.iter().map(|name| leds.join(name));
    if let Some(folder) = folders.find(|folder| folder.join("brightness").exists()) {
        return Ok(Place::Led(folder));
    }
    let entries = std::fs::read_dir(leds).into_iter().flatten().flatten();
    let mut there: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    there.sort();
    Err(PinProblem::NoLed { there })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Raspberry Pi 4 as far as pins go, but for its GPIO chip, which is a plain file.
    fn pi_4() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for (file, text) in [
            ("proc/device-tree/compatible", "raspberrypi,4-model-b\0brcm,bcm2711\0"),
            ("sys/class/leds/ACT/brightness", "0\n"),
            ("sys/class/leds/mmc0::/brightness", "0\n"),
            ("dev/gpiochip0", ""),
        ] {
            let path = root.path().join(file);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        root
    }

    fn found(name: &str, root: &Path) -> Result<Place, String> {
        find(&name.parse().unwrap(), root).map_err(|problem| problem.to_string())
    }

    #[test]
    fn an_led_is_a_folder_and_a_line_is_on_a_chip() {
        let root = pi_4();
        let root = root.path();
        let led = |name: &str| Ok(Place::Led(root.join("sys/class/leds").join(name)));
        assert_eq!(found("led:mmc0:::steady", root), led("mmc0::"));
        assert_eq!(found("board:ACT", root), led("ACT"));
        let chip = root.join("dev/gpiochip0");
        assert_eq!(found("gpiochip0:17:active-low", root), Ok(Place::Line { chip, line: 17 }));
    }

    #[test]
    fn what_is_not_there_is_told_with_what_is() {
        let root = pi_4();
        let none = tempfile::tempdir().unwrap();
        let error = |name: &str, root: &Path| found(name, root).unwrap_err();
        assert_eq!(error("led:PWR", root.path()), "there is no such LED; there are: ACT, mmc0::");
        assert_eq!(error("led:PWR", none.path()), "there is no such LED: /sys/class/leds is empty");
        assert_eq!(
            error("gpiochip4:1", none.path()),
            "there is no GPIO chip gpiochip4: there is no /dev/gpiochip*"
        );
        // It may be the one that is looked for, and cannot be asked.
        let not_asked = error("board:led", root.path());
        assert!(
            not_asked.starts_with("cannot open ") && not_asked.contains("gpiochip0"),
            "{not_asked}"
        );
        let polarity = error("board:ACT:active-low", root.path());
        assert!(polarity.starts_with("the kernel knows how its LEDs are wired"), "{polarity}");
    }
}
