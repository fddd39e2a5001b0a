//! What a board's file says of a pin: `led`, `buzzer` and `relay` are those that it suggests; then come its LEDs and
//! the pins of its header, each by its name.

use std::path::Path;

use super::error::PinProblem;
use crate::board::{Board, Boards, Machine, PinName, Recognised};

/// Where a board says that a pin is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum OnBoard {
    /// An LED by any of these names.
    Led(Vec<String>),
    /// A line of the chip with this label.
    Line { label: String, line: u32 },
    /// The line that the kernel calls so.
    Named(String),
}

/// Finds a pin of the board that the machine below `root` is.
///
/// # Errors
/// The machine is no board that is known, or that board has no such pin.
pub(super) fn find(pin: &str, root: &Path) -> Result<OnBoard, PinProblem> {
    let (boards, machine) = (Boards::known()?, Machine::at(root));
    match boards.recognise(&machine)? {
        Recognised::ByDeviceTree(board) => of(board, pin),
        Recognised::ByArchitecture(_) => Err(PinProblem::UnknownBoard { model: machine.model() }),
    }
}

fn of(board: &Board, pin: &str) -> Result<OnBoard, PinProblem> {
    let suggest = &board.suggest;
    let suggested = match pin {
        "led" => suggest.led.as_ref(),
        "buzzer" => suggest.buzzer.as_ref(),
        "relay" => suggest.relay.as_ref(),
        _ => None,
    };
    if let (None, Some(led)) = (suggested, board.leds.iter().find(|led| led.name == pin)) {
        return Ok(OnBoard::Led(led.sysfs.clone()));
    }
    let named = PinName(pin.to_owned());
    let header = suggested.unwrap_or(&named);
    let line = board.pins().get(header).ok_or_else(|| PinProblem::NotOnBoard {
        board: board.name().to_owned(),
        has: has(board),
    })?;
    let label = board.chips.get(&line.chip).and_then(|chip| chip.label.clone());
    Ok(match label {
        Some(label) => OnBoard::Line { label, line: line.line },
        // Its chips change places; the lines of such a board are called after the pins.
        None => OnBoard::Named(header.to_string()),
    })
}

/// What can be named, in words.
fn has(board: &Board) -> String {
    let suggest = &board.suggest;
    let uses = [("led", &suggest.led), ("buzzer", &suggest.buzzer), ("relay", &suggest.relay)];
    let uses = uses.into_iter().filter(|(_, pin)| pin.is_some()).map(|(name, _)| name.to_owned());
    let leds = board.leds.iter().map(|led| led.name.clone());
    let pins = board.pins().keys().map(ToString::to_string);
    uses.chain(leds).chain(pins).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(board: &str, pin: &str) -> Result<OnBoard, String> {
        let board = Boards::known().unwrap().find(board).unwrap();
        of(&board, pin).map_err(|problem| problem.to_string())
    }

    #[test]
    fn uses_leds_and_pins_are_those_of_the_boards_file() {
        let line = |label: &str, line| Ok(OnBoard::Line { label: label.into(), line });
        assert_eq!(on("pi-4", "led"), line("pinctrl-bcm2711", 17));
        assert_eq!(on("pi-5", "relay"), line("pinctrl-rp1", 22));
        assert_eq!(on("pi-zero-w", "40"), line("pinctrl-bcm2835", 21));
        assert_eq!(on("pi-4", "ACT"), Ok(OnBoard::Led(vec!["ACT".into(), "led0".into()])));
        assert_eq!(on("beaglebone-black", "buzzer"), Ok(OnBoard::Named("P9_23".into())));
        let error = on("pi-4", "41").unwrap_err();
        assert!(
            error.starts_with(
                "the board pi-4 has none; it has led, buzzer, relay, ACT, PWR, 3, 5, 7"
            ),
            "{error}"
        );
    }

    #[test]
    fn every_board_that_can_be_recognised_has_all_three_uses() {
        for board in
            Boards::known().unwrap().iter().filter(|board| !board.detect.compatible.is_empty())
        {
            for name in ["led", "buzzer", "relay"] {
                assert!(of(board, name).is_ok(), "{} {name}", board.name());
            }
        }
    }

    #[test]
    fn a_machine_that_is_no_board_says_what_to_name_instead() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir_all(root.path().join("proc/device-tree")).unwrap();
        std::fs::write(root.path().join("proc/device-tree/model"), "ACME Box\0").unwrap();
        let error = find("led", root.path()).unwrap_err().to_string();
        assert!(
            error.starts_with("this machine (ACME Box) is no board that is known; name a line"),
            "{error}"
        );
    }
}
