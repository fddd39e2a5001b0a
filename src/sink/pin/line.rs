//! Lines of GPIO chips, by the kernel's character devices through the crate `gpiocdev`.

use std::path::{Path, PathBuf};

use embedded_hal::digital::PinState;
use gpiocdev::line::Value;
use gpiocdev::{Chip, Request};

use super::error::PinProblem;

/// Who has the line, as the kernel shows it to others.
const CONSUMER: &str = "oddity";

/// A line that is an output. Dropping it gives it back; its level is then the kernel's affair.
#[derive(Debug)]
pub(super) struct Line {
    request: Request,
    line: u32,
}

impl Line {
    /// Takes the line, at the level that is off.
    ///
    /// # Errors
    /// The chip cannot be opened, or does not have the line, or somebody else has it.
    pub fn open(chip: &Path, line: u32, off: PinState) -> Result<Self, PinProblem> {
        let failed = |error: gpiocdev::Error| not_opened(chip, &error);
        let open = Chip::from_path(chip).map_err(failed)?;
        let lines = open.info().map_err(failed)?.num_lines;
        if line >= lines {
            return Err(PinProblem::NoLine { lines });
        }
        let info = open.line_info(line).map_err(failed)?;
        if info.used {
            return Err(PinProblem::Used { user: info.consumer });
        }
        let request = Request::builder()
            .on_chip(chip)
            .with_consumer(CONSUMER)
            .with_line(line)
            .as_output(value(off))
            .request()
            .map_err(failed)?;
        Ok(Self { request, line })
    }

    /// Sets its level.
    ///
    /// # Errors
    /// As the kernel says.
    pub fn set(&mut self, level: PinState) -> Result<(), String> {
        self.request.set_value(self.line, value(level)).map_err(|error| error.to_string())
    }
}

fn value(level: PinState) -> Value {
    match level {
        PinState::High => Value::Active,
        PinState::Low => Value::Inactive,
    }
}

/// What an error in opening usually means.
fn advice(error: &gpiocdev::Error) -> String {
    let kind = match error {
        gpiocdev::Error::Os(errno) => std::io::Error::from_raw_os_error(errno.0).kind(),
        _ => std::io::ErrorKind::Other,
    };
    match kind {
        std::io::ErrorKind::PermissionDenied => {
            "it is not allowed; put the user into the group of the device (`sudo usermod -aG gpio \"$USER\"`) and log \
             in anew; `oddity board check --only gpio` says what to do where there is no such group"
                .to_owned()
        }
        _ => error.to_string(),
    }
}

/// The chip with this label.
///
/// # Errors
/// There is none; with those that there are. Or one cannot be asked, and may be it.
pub(super) fn chip_labelled(label: &str, root: &Path) -> Result<PathBuf, PinProblem> {
    let (mut there, mut not_asked) = (Vec::new(), None);
    for path in chips(root) {
        match Chip::from_path(&path).and_then(|chip| chip.info()) {
            Ok(info) if info.label == label => return Ok(path),
            Ok(info) => there.push(format!("{} ({})", info.name, info.label)),
            Err(error) => {
                not_asked.get_or_insert(not_opened(&path, &error));
            }
        }
    }
    Err(not_asked.unwrap_or_else(|| PinProblem::NoChip { chip: label.to_owned(), there }))
}

/// Chip and line of this name; some kernels add in brackets what the line is for.
///
/// # Errors
/// No line is called so. Or a chip cannot be asked, and may have it.
#[cfg(feature = "board")]
pub(super) fn named(name: &str, root: &Path) -> Result<(PathBuf, u32), PinProblem> {
    let is_it = |other: &str| {
        other.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
    };
    let find = |path: &Path| {
        let chip = Chip::from_path(path)?;
        let mut lines = chip.line_info_iter()?.flatten();
        Ok(lines.find(|info| is_it(&info.name)).map(|info| info.offset))
    };
    let mut not_asked = None;
    for path in chips(root) {
        match find(&path) {
            Ok(Some(line)) => return Ok((path, line)),
            Ok(None) => {}
            Err(error) => {
                not_asked.get_or_insert(not_opened(&path, &error));
            }
        }
    }
    Err(not_asked.unwrap_or_else(|| PinProblem::NoNamedLine { name: name.to_owned() }))
}

fn not_opened(chip: &Path, error: &gpiocdev::Error) -> PinProblem {
    PinProblem::Open { path: chip.display().to_string(), problem: advice(error) }
}

/// Device files of GPIO chips, in the order of their numbers.
fn chips(root: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(root.join("dev")).into_iter().flatten().flatten();
    let number =
        |path: &PathBuf| path.file_name()?.to_str()?.strip_prefix("gpiochip")?.parse::<u32>().ok();
    let mut chips: Vec<(u32, PathBuf)> =
        entries.filter_map(|entry| Some((number(&entry.path())?, entry.path()))).collect();
    chips.sort();
    chips.into_iter().map(|(_, path)| path).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_chip_is_told_with_its_path() {
        let root = tempfile::tempdir().unwrap();
        let chip = root.path().join("gpiochip0");
        std::fs::write(&chip, "").unwrap();
        let problem = Line::open(&chip, 1, PinState::Low).unwrap_err().to_string();
        assert!(problem.starts_with("cannot open ") && problem.contains("gpiochip0"), "{problem}");
        assert!(problem.contains("is not a"), "{problem}");
    }

    #[test]
    fn a_chip_that_is_not_allowed_says_which_group_to_join() {
        let denied = std::io::Error::from_raw_os_error(rustix::io::Errno::ACCESS.raw_os_error());
        let problem = advice(&denied.into());
        assert!(problem.contains("usermod -aG gpio"), "{problem}");
    }

    #[test]
    fn chips_are_in_the_order_of_their_numbers() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("dev")).unwrap();
        for name in ["gpiochip10", "gpiochip2", "gpiochipx", "gpio"] {
            std::fs::write(root.path().join("dev").join(name), "").unwrap();
        }
        let names: Vec<_> =
            chips(root.path()).iter().map(|path| path.file_name().unwrap().to_owned()).collect();
        assert_eq!(names, ["gpiochip2", "gpiochip10"]);
    }
}
