//! Text goes in; a [`Board`] comes out whose entries agree with each other: pins with chips, buses and
//! suggestions with pins. What is a board has passed all rules.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Deref, Range};

use super::error::{BoardError, Problem};
use super::spec::{Bus, BusKind, Line, PinName, Spec};

/// A board with its name. It can be read as a [`Spec`], and not be changed.
#[derive(Clone, Debug)]
pub struct Board {
    name: String,
    spec: Spec,
    pins: BTreeMap<PinName, Line>,
}

impl Deref for Board {
    type Target = Spec;

    fn deref(&self) -> &Spec {
        &self.spec
    }
}

impl Board {
    /// Reads the TOML of a board.
    ///
    /// # Errors
    /// Names the board, and the line and column, or the entry that does not agree with another.
    pub fn parse(name: &str, text: &str) -> Result<Self, BoardError> {
        let spec: Spec = toml::from_str(text).map_err(|error| BoardError::Syntax {
            name: name.to_owned(),
            words: place(text, error.span()) + error.message(),
        })?;
        let pins =
            check(&spec).map_err(|problem| BoardError::Rule { name: name.to_owned(), problem })?;
        Ok(Self { name: name.to_owned(), spec, pins })
    }

    /// By which it is asked for.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The pins of its headers in their order, each with its line.
    pub fn pins(&self) -> &BTreeMap<PinName, Line> {
        &self.pins
    }
}

/// Line and column, from 1, of where something is; nothing where that is not known.
fn place(text: &str, span: Option<Range<usize>>) -> String {
    let before = span.and_then(|span| text.get(..span.start));
    let Some(before) = before else { return String::new() };
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    format!("line {line}, column {column}: ")
}

/// All rules; the pins with their lines come back.
fn check(spec: &Spec) -> Result<BTreeMap<PinName, Line>, Problem> {
    let texts = [("title", &spec.title), ("because", &spec.because), ("cpu.name", &spec.cpu.name)];
    if let Some((what, _)) = texts.into_iter().find(|(_, text)| text.trim().is_empty()) {
        return Err(Problem::Empty(what));
    }
    let sizes = &spec.memory_mb;
    if sizes.first() == Some(&0) || !sizes.is_sorted_by(|a, b| a < b) {
        return Err(Problem::Memory);
    }
    let pins = pins(spec)?;
    names(spec)?;
    for bus in &spec.buses {
        check_bus(bus, &pins)?;
    }
    for led in &spec.leds {
        if led.sysfs.is_empty() {
            return Err(Problem::Empty("sysfs of an LED"));
        }
        if let Some(line) = &led.line {
            in_chip(spec, format!("LED {}", led.name), line)?;
        }
    }
    used_once(spec, &pins)?;
    Ok(pins)
}

/// Pins with their lines: each pin once, each line once, all on their chips.
fn pins(spec: &Spec) -> Result<BTreeMap<PinName, Line>, Problem> {
    let mut pins = BTreeMap::new();
    for (chip, lines) in &spec.pins {
        let mut taken: BTreeMap<u32, &PinName> = BTreeMap::new();
        for (pin, &line) in lines {
            let line = Line { chip: chip.clone(), line };
            in_chip(spec, format!("pin {pin}"), &line)?;
            if let Some(first) = taken.insert(line.line, pin) {
                let (first, second) = (first.clone(), pin.clone());
                return Err(Problem::LineTwice { first, second, line });
            }
            if pins.insert(pin.clone(), line).is_some() {
                return Err(Problem::PinTwice(pin.clone()));
            }
        }
    }
    Ok(pins)
}

fn in_chip(spec: &Spec, what: String, line: &Line) -> Result<(), Problem> {
    let Some(chip) = spec.chips.get(&line.chip) else {
        return Err(Problem::NoChip { what, chip: line.chip.clone() });
    };
    match line.line < chip.lines {
        true => Ok(()),
        false => Err(Problem::OutsideChip { what, line: line.clone(), lines: chip.lines }),
    }
}

/// Buses, LEDs and labels of chips can be told apart.
fn names(spec: &Spec) -> Result<(), Problem> {
    let buses = spec.buses.iter().map(|bus| format!("bus {}", bus.name));
    let leds = spec.leds.iter().map(|led| format!("LED {}", led.name));
    let labels = spec.chips.values().filter_map(|chip| chip.label.as_ref());
    let labels = labels.map(|label| format!("label {label}"));
    let mut seen = BTreeSet::new();
    for name in buses.chain(leds).chain(labels) {
        if !seen.insert(name.clone()) {
            return Err(Problem::Twice(name));
        }
    }
    Ok(())
}

fn check_bus(bus: &Bus, pins: &BTreeMap<PinName, Line>) -> Result<(), Problem> {
    let name = || bus.name.clone();
    if bus.devices.is_empty() && bus.node.is_none() {
        return Err(Problem::NoDevice(name()));
    }
    if bus.node.is_some() && bus.kind == BusKind::Uart {
        return Err(Problem::NodeOfUart { bus: name(), kind: bus.kind });
    }
    if let Some(device) = bus.devices.iter().find(|device| !device.starts_with("/dev/")) {
        return Err(Problem::NotInDev { bus: name(), device: device.clone() });
    }
    if let Some(pin) = bus.pins.values().find(|pin| !pins.contains_key(*pin)) {
        return Err(Problem::NoPin { what: format!("bus {}", bus.name), pin: pin.clone() });
    }
    match &bus.enable {
        Some(enable) if enable.files.is_empty() || !enable.line.contains('=') => {
            Err(Problem::Enable(name()))
        }
        _ => Ok(()),
    }
}

/// No pin is of two buses, unless one is optional, nor of a bus and a suggestion, nor suggested twice.
fn used_once(spec: &Spec, pins: &BTreeMap<PinName, Line>) -> Result<(), Problem> {
    let mut taken: BTreeMap<&PinName, String> = BTreeMap::new();
    // Optional ones last, so that they find what is taken already.
    let (optional, fixed): (Vec<&Bus>, Vec<&Bus>) = spec.buses.iter().partition(|bus| bus.optional);
    for bus in fixed.into_iter().chain(optional) {
        for pin in bus.pins.values() {
            if let Some(first) = taken.insert(pin, format!("bus {}", bus.name))
                && !bus.optional
            {
                let second = format!("bus {}", bus.name);
                return Err(Problem::PinShared { pin: pin.clone(), first, second });
            }
        }
    }
    let suggest = &spec.suggest;
    let suggested = [("led", &suggest.led), ("buzzer", &suggest.buzzer), ("relay", &suggest.relay)];
    for (what, pin) in suggested {
        let Some(pin) = pin else { continue };
        let what = format!("suggest.{what}");
        if !pins.contains_key(pin) {
            return Err(Problem::NoPin { what, pin: pin.clone() });
        }
        if let Some(first) = taken.insert(pin, what.clone()) {
            return Err(Problem::PinShared { pin: pin.clone(), first, second: what });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &str = r#"
title = "A board"
triple = "aarch64-unknown-linux-musl"
features = "whole"
because = "it fits"
memory_mb = [512, 1024]
[cpu]
name = "A53"
features = ["neon"]
[[bus]]
kind = "i2c"
name = "I2C1"
devices = ["/dev/i2c-1"]
pins = { sda = "3", scl = "5" }
[bus.enable]
files = ["/boot/config.txt"]
line = "dtparam=i2c_arm=on"
[chip.a]
label = "first"
lines = 8
[chip.b]
lines = 4
[[led]]
name = "ACT"
sysfs = ["ACT"]
line = "b:3"
[suggest]
relay = "10"
[pins.a]
3 = 0
5 = 1
10 = 7
[pins.b]
7 = 0
"#;

    fn problem(from: &str, to: &str) -> Problem {
        assert!(GOOD.contains(from), "{from}");
        match Board::parse("good", &GOOD.replacen(from, to, 1)) {
            Err(BoardError::Rule { name, problem }) if name == "good" => problem,
            other => panic!("{to}: {other:?}"),
        }
    }

    #[test]
    fn pins_are_in_the_order_of_their_numbers() {
        let board = Board::parse("good", GOOD).unwrap();
        let pins: Vec<String> =
            board.pins().iter().map(|(pin, line)| format!("{pin}={line}")).collect();
        assert_eq!(pins, ["3=a:0", "5=a:1", "7=b:0", "10=a:7"]);
    }

    #[test]
    fn what_does_not_agree_is_named() {
        let pin = |name: &str| PinName(name.into());
        let line = |chip: &str, line| Line { chip: chip.into(), line };
        let bus = || "I2C1".to_owned();
        for (from, to, expected) in [
            ("title = \"A board\"", "title = \" \"", Problem::Empty("title")),
            ("[512, 1024]", "[1024, 512]", Problem::Memory),
            ("7 = 0", "3 = 0", Problem::PinTwice(pin("3"))),
            (
                "10 = 7",
                "10 = 1",
                Problem::LineTwice { first: pin("5"), second: pin("10"), line: line("a", 1) },
            ),
            (
                "10 = 7",
                "10 = 8",
                Problem::OutsideChip { what: "pin 10".into(), line: line("a", 8), lines: 8 },
            ),
            (
                "\"b:3\"",
                "\"b:4\"",
                Problem::OutsideChip { what: "LED ACT".into(), line: line("b", 4), lines: 4 },
            ),
            ("\"b:3\"", "\"c:3\"", Problem::NoChip { what: "LED ACT".into(), chip: "c".into() }),
            (
                "scl = \"5\"",
                "scl = \"9\"",
                Problem::NoPin { what: "bus I2C1".into(), pin: pin("9") },
            ),
            (
                "relay = \"10\"",
                "relay = \"3\"",
                Problem::PinShared {
                    pin: pin("3"),
                    first: "bus I2C1".into(),
                    second: "suggest.relay".into(),
                },
            ),
            ("[\"/dev/i2c-1\"]", "[]", Problem::NoDevice(bus())),
            (
                "[\"/dev/i2c-1\"]",
                "[\"i2c-1\"]",
                Problem::NotInDev { bus: bus(), device: "i2c-1".into() },
            ),
            ("\"dtparam=i2c_arm=on\"", "\"i2c\"", Problem::Enable(bus())),
            ("lines = 4", "lines = 4\nlabel = \"first\"", Problem::Twice("label first".into())),
        ] {
            assert_eq!(problem(from, to), expected, "{to}");
        }
    }

    #[test]
    fn what_is_no_word_of_the_file_is_refused_with_its_line() {
        for (from, to, words) in [
            ("aarch64-unknown-linux-musl", "arm64", "aarch64-unknown-linux-musl"),
            ("features = [\"neon\"]", "features = [\"mmx\"]", "dotprod"),
            ("lines = 8", "lines = 8\ncolour = 1", "colour"),
            ("\"b:3\"", "\"b3\"", "CHIP:LINE"),
        ] {
            let Err(BoardError::Syntax { words: said, .. }) =
                Board::parse("good", &GOOD.replacen(from, to, 1))
            else {
                panic!("{to} was taken");
            };
            assert!(said.contains(words) && said.contains("line "), "{to}: {said}");
        }
    }
}
