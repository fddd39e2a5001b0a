//! A board goes in; all that is known of it comes out, as lines to read.

use oddity::board::{Board, Bus, Chip, Enable, Led, PinName};

use super::text::line;

pub(super) fn board(board: &Board) -> String {
    let mut lines = vec![
        line(board.name(), &board.title),
        line("build", &format!("{}, {}: {}", board.triple, board.features, board.because)),
        line("processor", &processor(board)),
    ];
    lines.extend(memory(board).map(|memory| line("memory", &memory)));
    for bus in &board.buses {
        lines.push(line(&bus.name, &wires(bus)));
        lines.extend(bus.enable.iter().flat_map(switch_on));
    }
    lines.extend(board.chips.iter().map(|(name, chip)| line(name, &gpio(chip))));
    lines.extend(board.leds.iter().map(|led| line(&format!("LED {}", led.name), &on_board(led))));
    lines.extend(suggested(board).map(|pins| line("free pins", &pins)));
    lines.extend(pins(board).map(|pins| line("pins", &pins)));
    lines.extend(recognised(board).map(|words| line("recognised by", &words)));
    lines.extend(said("watch out", &board.notes));
    lines.extend(said("not confirmed", &board.unconfirmed));
    lines.concat()
}

/// One line for each, the first with the name.
fn said(name: &str, what: &[String]) -> Vec<String> {
    let names = std::iter::once(name).chain(std::iter::repeat(""));
    names.zip(what).map(|(name, what)| line(name, what)).collect()
}

fn processor(board: &Board) -> String {
    let features: Vec<&str> = board.cpu.features.iter().map(|feature| feature.word()).collect();
    match features.is_empty() {
        true => board.cpu.name.clone(),
        false => format!("{}; {}", board.cpu.name, features.join(", ")),
    }
}

/// The sizes in words; `None` where they are not known.
pub(super) fn memory(board: &Board) -> Option<String> {
    const GB: u32 = 1024;
    let size = |mb: &u32| match mb % GB {
        0 => format!("{} GB", mb / GB),
        512 if *mb > GB => format!("{}.5 GB", mb / GB),
        _ => format!("{mb} MB"),
    };
    let sizes: Vec<String> = board.memory_mb.iter().map(size).collect();
    (!sizes.is_empty()).then(|| sizes.join(", "))
}

fn wires(bus: &Bus) -> String {
    let files = match &bus.node {
        Some(node) => format!("device tree node {node}"),
        None => bus.devices.join(" or "),
    };
    let pins: Vec<String> =
        bus.pins.iter().map(|(signal, pin)| format!("{} {pin}", signal.to_uppercase())).collect();
    let mut words = vec![files];
    if !pins.is_empty() {
        words.push(format!("pins {}", pins.join(", ")));
    }
    if !bus.modules.is_empty() {
        words.push(format!("module {}", bus.modules.join(", ")));
    }
    words.join("; ")
}

fn switch_on(enable: &Enable) -> Vec<String> {
    let way = format!("switched on by {} in {}", enable.line, enable.files.join(" or "));
    let command = enable.command.iter().map(|command| line("", &format!("or by: {command}")));
    std::iter::once(line("", &way)).chain(command).collect()
}

fn gpio(chip: &Chip) -> String {
    let numbers: Vec<String> = chip
        .numbers
        .iter()
        .map(|(number, on)| format!("/dev/gpiochip{} ({on})", number.0))
        .collect();
    let label = chip.label.as_ref().map(|label| format!("label {label}"));
    let lines = format!("{} lines", chip.lines);
    let words = label.into_iter().chain([lines]).chain(numbers);
    format!("GPIO chip: {}", words.collect::<Vec<_>>().join(", "))
}

fn on_board(led: &Led) -> String {
    let names = led.sysfs.join(" or ");
    match &led.line {
        Some(at) => format!("/sys/class/leds/{names}; line {at}"),
        None => format!("/sys/class/leds/{names}"),
    }
}

fn suggested(board: &Board) -> Option<String> {
    let suggest = &board.suggest;
    let uses = [("LED", &suggest.led), ("buzzer", &suggest.buzzer), ("relay", &suggest.relay)];
    let pin = |what: &str, pin: &PinName| {
        let at = board.pins().get(pin).map(|line| format!(" ({line})")).unwrap_or_default();
        format!("{what} {pin}{at}")
    };
    let pins: Vec<String> =
        uses.into_iter().filter_map(|(what, named)| Some(pin(what, named.as_ref()?))).collect();
    (!pins.is_empty()).then(|| pins.join(", "))
}

/// Pin = line, chip by chip.
fn pins(board: &Board) -> Option<String> {
    let chips = board.pins.iter().map(|(chip, pins)| {
        let pins: Vec<String> = pins.iter().map(|(pin, line)| format!("{pin}={line}")).collect();
        format!("{chip}: {}", pins.join(" "))
    });
    let chips: Vec<String> = chips.collect();
    (!chips.is_empty()).then(|| chips.join("; "))
}

fn recognised(board: &Board) -> Option<String> {
    let names = &board.detect.compatible;
    (!names.is_empty()).then(|| format!("{} in the device tree", names.join(" or ")))
}
