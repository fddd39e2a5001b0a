//! GPIO chips and LEDs of a board, and a machine, go in; findings come out.

use super::bus::usable;
use super::finding::{Finding, Part, State};
use crate::board::machine::{Machine, Visitor};
use crate::board::rules::Board;
use crate::board::spec::{Chip, Led};

/// One finding for each chip that has a label, and one for those without.
pub(super) fn chips(board: &Board, machine: &Machine, visitor: &Visitor) -> Vec<Finding> {
    let labels = machine.chip_labels();
    let labelled = board.chips.values().filter_map(|chip| Some((chip, chip.label.as_deref()?)));
    let mut findings: Vec<Finding> = labelled
        .map(|(chip, label)| {
            let finding = |state, says| Finding::new(Part::Gpio, label, state, says);
            match labels.get(label) {
                Some(Some(device)) => {
                    usable(finding(State::There, device.clone()), device, machine, visitor)
                }
                Some(None) => finding(State::There, "there; `gpiodetect` shows its number".into()),
                // Without the old interface in /sys, labels are not shown at all.
                None if labels.is_empty() => by_number(label, chip, machine, visitor),
                None => finding(State::Missing, "no GPIO chip has this label".into())
                    .todo("compare with what `gpiodetect` shows".into()),
            }
        })
        .collect();
    if findings.is_empty() {
        findings.push(by_count(board, machine, visitor));
    }
    findings
}

fn by_number(label: &str, chip: &Chip, machine: &Machine, visitor: &Visitor) -> Finding {
    let finding = |state, says| Finding::new(Part::Gpio, label, state, says);
    let devices = chip.numbers.keys().map(|number| format!("/dev/gpiochip{}", number.0));
    let mut there = devices.filter(|device| machine.has(device));
    match (there.next(), machine.files("/dev/gpiochip*").first()) {
        (Some(device), _) => {
            let says = format!("{device}, by its number: labels are not shown here");
            usable(finding(State::There, says), &device, machine, visitor)
        }
        (None, Some(device)) => {
            let says = "one of /dev/gpiochip*; `gpiodetect` shows which one has this label";
            usable(finding(State::Unsure, says.to_owned()), device, machine, visitor)
        }
        (None, None) => finding(State::Missing, "there is no /dev/gpiochip*".into())
            .todo("look for the reason in what `dmesg` says".into()),
    }
}

/// Chips that only their number tells apart, or those of an unknown machine.
fn by_count(board: &Board, machine: &Machine, visitor: &Visitor) -> Finding {
    let finding = |state, says| Finding::new(Part::Gpio, "GPIO", state, says);
    let there = machine.files("/dev/gpiochip*");
    let (found, wanted) = (there.len(), board.chips.len());
    match there.first() {
        Some(device) if found >= wanted => {
            let says = format!("{found} chips, /dev/gpiochip*");
            usable(finding(State::There, says), device, machine, visitor)
        }
        _ if wanted == 0 => finding(State::Unsure, "none here".into()),
        _ => finding(State::Missing, format!("{found} chips of {wanted}"))
            .todo("look for the reason in what `dmesg` says".into()),
    }
}

/// Each LED under one of its names. Names change with kernels, so that none is called missing.
pub(super) fn leds(board: &Board, machine: &Machine) -> Vec<Finding> {
    let check = |led: &Led| {
        let paths = led.sysfs.iter().map(|name| format!("/sys/class/leds/{name}"));
        let mut there = paths.filter(|path| machine.has(path));
        let what = format!("LED {}", led.name);
        match there.next() {
            Some(path) => Finding::new(Part::Led, &what, State::There, path),
            None => {
                let says = "not among the names in /sys/class/leds".into();
                Finding::new(Part::Led, &what, State::Unsure, says)
            }
        }
    };
    board.leds.iter().map(check).collect()
}
