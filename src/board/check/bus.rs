//! A bus and a machine go in; a finding comes out: its device file, whether it may be used, or what keeps it
//! away: a line in a file, a restart, a module.

use super::finding::{Finding, Part, State};
use crate::board::machine::{Access, Machine, Visitor};
use crate::board::spec::{Bus, BusKind, Enable};

pub(super) fn check(bus: &Bus, machine: &Machine, visitor: &Visitor) -> Finding {
    let part = match bus.kind {
        BusKind::I2c => Part::I2c,
        BusKind::Spi => Part::Spi,
        BusKind::Uart => Part::Uart,
    };
    let finding = |state, says: String| Finding::new(part, &bus.name, state, says);
    let devices = devices(bus, machine);
    if let Some(device) = devices.first() {
        return usable(finding(State::There, shown(&devices)), device, machine, visitor);
    }
    if bus.optional {
        let finding = finding(State::Unsure, "none here".into());
        return match &bus.enable {
            Some(enable) => switch_on(finding, enable, machine),
            None => finding,
        };
    }
    if has_controller(bus, machine) {
        let finding = finding(State::Missing, "switched on, but it has no device file".into());
        return bus.modules.iter().fold(finding, |finding, module| {
            finding
                .todo(format!("sudo modprobe {module}"))
                .todo(format!("echo {module} | sudo tee /etc/modules-load.d/{module}.conf"))
        });
    }
    let Some(enable) = &bus.enable else {
        return finding(State::Missing, "not there, though nothing has to be switched on".into())
            .todo("look for the reason in what `dmesg` says".into());
    };
    if let Some(file) = switched_on_in(enable, machine) {
        return finding(State::Missing, format!("switched on in {file}, but not there"))
            .todo("restart; if it stays away, look for the reason in what `dmesg` says".into());
    }
    switch_on(finding(State::Missing, "not switched on".into()), enable, machine)
}

/// A few names stand for many.
fn shown(devices: &[String]) -> String {
    const MOST: usize = 3;
    let first: Vec<&str> = devices.iter().take(MOST).map(String::as_str).collect();
    match devices.len().saturating_sub(MOST) {
        0 => first.join(", "),
        more => format!("{} and {more} more", first.join(", ")),
    }
}

/// Device files of the bus that are there.
fn devices(bus: &Bus, machine: &Machine) -> Vec<String> {
    let of_node = || {
        let number = machine.number_of(bus.kind, bus.node.as_deref()?)?;
        Some(match bus.kind {
            BusKind::I2c => format!("/dev/i2c-{number}"),
            BusKind::Spi | BusKind::Uart => format!("/dev/spidev{number}.*"),
        })
    };
    match bus.node {
        // A device file with the usual number may be another bus.
        Some(_) => of_node().map(|pattern| machine.files(&pattern)).unwrap_or_default(),
        None => bus.devices.iter().flat_map(|pattern| machine.files(pattern)).collect(),
    }
}

fn has_controller(bus: &Bus, machine: &Machine) -> bool {
    match &bus.node {
        Some(node) => machine.number_of(bus.kind, node).is_some(),
        None => bus.devices.iter().any(|device| machine.has_controller(bus.kind, device)),
    }
}

/// The finding, unless the device may not be used.
pub(super) fn usable(
    finding: Finding,
    device: &str,
    machine: &Machine,
    visitor: &Visitor,
) -> Finding {
    match machine.access(device, visitor) {
        Access::Granted => finding,
        Access::OnlyTo(group) => Finding {
            state: State::Missing,
            says: format!("{device} is for the group {group}, and you are not in it"),
            ..finding
        }
        .todo(format!("sudo usermod -aG {group} $USER, then log in anew")),
        Access::OnlyRoot => Finding {
            state: State::Missing,
            says: format!("{device} is for root alone"),
            ..finding
        }
        .todo(rule(device)),
    }
}

/// A udev rule for all devices of the kind, for their numbers change; by the group that distributions use.
fn rule(device: &str) -> String {
    let name = device.strip_prefix("/dev/").unwrap_or(device);
    let kind = name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-'));
    let group = match kind {
        "i2c" => "i2c",
        "spidev" => "spi",
        "gpiochip" => "gpio",
        kind if kind.starts_with("tty") => "dialout",
        _ => return "give it to a group by a udev rule".to_owned(),
    };
    format!(
        "echo 'KERNEL==\"{kind}*\", GROUP=\"{group}\", MODE=\"0660\"' | sudo tee \
         /etc/udev/rules.d/60-{kind}.rules, then restart"
    )
}

/// The file that takes the line: the first that is there, or the first.
fn file<'a>(enable: &'a Enable, machine: &Machine) -> &'a str {
    let there = enable.files.iter().find(|file| machine.has(file));
    there.or(enable.files.first()).map_or("", String::as_str)
}

/// The ways to switch it on.
fn switch_on(finding: Finding, enable: &Enable, machine: &Machine) -> Finding {
    let file = file(enable, machine);
    let finding = finding.todo(format!("put {} into {file}, and restart", enable.line));
    match &enable.command {
        Some(command) => finding.todo(format!("or: {command}, and restart")),
        None => finding,
    }
}

/// The file that says so already.
fn switched_on_in<'a>(enable: &'a Enable, machine: &Machine) -> Option<&'a str> {
    let file = file(enable, machine);
    let says = |line: &str| says_so(line.trim(), &enable.line);
    machine.text(file)?.lines().any(says).then_some(file)
}

/// Whether a line has the wanted key, and all of the wanted values among its own.
fn says_so(line: &str, wanted: &str) -> bool {
    let (Some((key, values)), Some((wanted_key, wanted_values))) =
        (line.split_once('='), wanted.split_once('='))
    else {
        return false;
    };
    let words = |text: &'static [char], values: &str| {
        values
            .split(text)
            .filter(|word| !word.is_empty())
            .map(ToOwned::to_owned)
            .collect::<Vec<_>>()
    };
    const BETWEEN: &[char] = &[' ', '\t', ','];
    let values = words(BETWEEN, values);
    key.trim() == wanted_key
        && words(BETWEEN, wanted_values).iter().all(|word| values.contains(word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_so_whatever_else_it_says() {
        for (line, wanted) in [
            ("dtparam=i2c_arm=on", "dtparam=i2c_arm=on"),
            ("dtparam=audio=on,i2c_arm=on,spi=on", "dtparam=i2c_arm=on"),
            ("overlays=uart5 i2c3-ph", "overlays=i2c3-ph"),
        ] {
            assert!(says_so(line, wanted), "{line}");
        }
        for (line, wanted) in [
            ("#dtparam=i2c_arm=on", "dtparam=i2c_arm=on"),
            ("dtparam=i2c_arm=off", "dtparam=i2c_arm=on"),
            ("dtparam=spi=on", "dtparam=i2c_arm=on"),
            ("overlays=i2c3-ph2", "overlays=i2c3-ph"),
            ("", "overlays=i2c3-ph"),
        ] {
            assert!(!says_so(line, wanted), "{line}");
        }
    }

    #[test]
    fn a_udev_rule_is_for_all_numbers() {
        for (device, words) in [
            ("/dev/i2c-1", "KERNEL==\"i2c*\", GROUP=\"i2c\""),
            ("/dev/spidev0.0", "KERNEL==\"spidev*\", GROUP=\"spi\""),
            ("/dev/ttyAMA0", "KERNEL==\"ttyAMA*\", GROUP=\"dialout\""),
        ] {
            assert!(rule(device).contains(words), "{}", rule(device));
        }
        assert!(!rule("/dev/bone/uart/4").contains("KERNEL"));
    }
}
