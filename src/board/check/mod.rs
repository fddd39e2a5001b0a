//! A board and a machine go in; findings come out, one for each thing that the board should have: whether
//! it is there, and what to do where it is not. Changes nothing.

mod bus;
mod finding;
mod gpio;

pub use finding::{Finding, Part, State};

use oddity_kernels::Tier;

use super::known::Recognised;
use super::machine::{Machine, Visitor};
use super::rules::Board;

/// What of `board` is there on a machine. `taken_for` is what the machine was taken for, if that could be
/// told.
pub fn check(
    board: &Board,
    machine: &Machine,
    taken_for: Option<Recognised<'_>>,
    visitor: &Visitor,
) -> Vec<Finding> {
    let mut findings = vec![is_it(board, machine, taken_for), instructions(board, machine)];
    if machine.is_this() {
        findings.push(program(board));
    }
    findings.extend(board.buses.iter().map(|bus| bus::check(bus, machine, visitor)));
    findings.extend(gpio::chips(board, machine, visitor));
    findings.extend(gpio::leds(board, machine));
    findings
}

fn is_it(board: &Board, machine: &Machine, taken_for: Option<Recognised<'_>>) -> Finding {
    let finding = |state, says: String| Finding::new(Part::Board, "board", state, says);
    let model = machine.model();
    let title = format!("{} ({})", board.title, board.name());
    match (taken_for, model) {
        (Some(Recognised::ByDeviceTree(found)), _) if found.name() == board.name() => {
            finding(State::There, format!("{title}, by its device tree"))
        }
        (Some(Recognised::ByDeviceTree(found)), model) => {
            let model = model.unwrap_or_else(|| found.title.clone());
            finding(State::Missing, format!("this is no {title}, but calls itself {model}"))
                .todo(format!("oddity board check {}", found.name()))
        }
        (_, Some(model)) => {
            finding(State::Unsure, format!("{title}; this machine calls itself {model}"))
        }
        (_, None) => {
            finding(State::Unsure, format!("{title}; this machine does not say what it is"))
        }
    }
}

fn instructions(board: &Board, machine: &Machine) -> Finding {
    let finding = |state, says: &str| Finding::new(Part::Cpu, "processor", state, says.to_owned());
    let words = machine.cpu_words();
    let (here, lacking): (Vec<_>, Vec<_>) =
        board.cpu.features.iter().partition::<Vec<_>, _>(|feature| {
            feature.in_cpuinfo().iter().any(|word| words.contains(*word))
        });
    let list = |features: &[&super::spec::CpuFeature]| {
        features.iter().map(|feature| feature.word()).collect::<Vec<_>>().join(", ")
    };
    if words.is_empty() {
        return finding(State::Unsure, "its instructions are not shown");
    }
    match (board.cpu.features.is_empty(), lacking.is_empty()) {
        (true, _) => finding(State::There, "nothing that the kernels could use is promised"),
        (_, true) => finding(State::There, &list(&here)),
        _ => finding(State::Missing, &format!("no {}", list(&lacking))).todo(
            "a 32-bit system hides instructions: install a 64-bit one, if the board has it".into(),
        ),
    }
}

/// Whether this program is the build for the board, and what its engine runs with.
fn program(board: &Board) -> Finding {
    let (own, wanted) = (std::env::consts::ARCH, board.triple.arch());
    let finding = |state, says| Finding::new(Part::Cpu, "program", state, says);
    if own != wanted {
        return finding(State::Missing, format!("built for {own}, the board is {wanted}"))
            .todo(format!("take the build for {}", board.triple));
    }
    let Tier { float, int8 } = Tier::detect();
    finding(State::There, format!("runs with {} and {}", float.name(), int8.name()))
}
