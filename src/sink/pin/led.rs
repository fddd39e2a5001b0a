//! An LED of the kernel: it is taken from what drives it, set, and given back as it was.

use std::io;
use std::path::{Path, PathBuf};

use super::error::PinProblem;

/// A folder of `/sys/class/leds`. Dropping it puts back what drove the LED.
#[derive(Debug)]
pub(super) struct Led {
    folder: PathBuf,
    /// The number that is on.
    bright: String,
    before: Before,
}

/// What was there.
#[derive(Debug)]
enum Before {
    /// The kernel let it follow something.
    Trigger(String),
    /// It was at this brightness.
    Brightness(String),
}

impl Led {
    /// Takes an LED from its trigger.
    ///
    /// # Errors
    /// When its files cannot be read or written.
    pub fn open(folder: &Path) -> Result<Self, PinProblem> {
        let failed = |file: &str, error: &io::Error| {
            let path = folder.join(file);
            PinProblem::Open { path: path.display().to_string(), problem: advice(folder, error) }
        };
        let read = |file: &str| std::fs::read_to_string(folder.join(file));
        let brightness = read("brightness").map_err(|error| failed("brightness", &error))?;
        let bright = read("max_brightness").unwrap_or_else(|_| "1".to_owned()).trim().to_owned();
        // Of several words the one in brackets.
        let triggers = read("trigger").unwrap_or_default();
        let trigger = triggers.split_whitespace().find_map(|word| {
            word.strip_prefix('[').and_then(|word| word.strip_suffix(']')).map(ToOwned::to_owned)
        });
        let before = match trigger.filter(|trigger| trigger != "none") {
            Some(trigger) => Before::Trigger(trigger),
            None => Before::Brightness(brightness.trim().to_owned()),
        };
        let led = Self { folder: folder.to_path_buf(), bright, before };
        if let Before::Trigger(_) = led.before {
            led.write("trigger", "none").map_err(|error| failed("trigger", &error))?;
        }
        led.write("brightness", "0").map_err(|error| failed("brightness", &error))?;
        Ok(led)
    }

    /// Switches it.
    ///
    /// # Errors
    /// As the kernel says.
    pub fn set(&mut self, on: bool) -> Result<(), String> {
        let number = if on { self.bright.as_str() } else { "0" };
        self.write("brightness", number).map_err(|error| error.to_string())
    }

    fn write(&self, file: &str, text: &str) -> io::Result<()> {
        std::fs::write(self.folder.join(file), text)
    }
}

impl Drop for Led {
    fn drop(&mut self) {
        // Nobody is left to hear of a failure.
        let _ = match &self.before {
            Before::Trigger(trigger) => self.write("trigger", trigger),
            Before::Brightness(number) => self.write("brightness", number),
        };
    }
}

/// What an error usually means.
fn advice(folder: &Path, error: &io::Error) -> String {
    let folder = folder.display();
    match error.kind() {
        io::ErrorKind::PermissionDenied => format!(
            "it is not allowed; give the LED to a group of the user: `sudo chgrp -R gpio {folder}/ && sudo chmod -R \
             g+w {folder}/`, until the next start"
        ),
        _ => error.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An LED with what is said of it.
    fn led(trigger: &str, brightness: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (file, text) in
            [("trigger", trigger), ("brightness", brightness), ("max_brightness", "255\n")]
        {
            std::fs::write(folder.path().join(file), text).unwrap();
        }
        folder
    }

    fn seen(folder: &tempfile::TempDir) -> [String; 2] {
        ["trigger", "brightness"]
            .map(|file| std::fs::read_to_string(folder.path().join(file)).unwrap())
    }

    #[test]
    fn a_trigger_is_taken_away_and_put_back() {
        let folder = led("none kbd-scrolllock [mmc0] timer\n", "0\n");
        let mut led = Led::open(folder.path()).unwrap();
        assert_eq!(seen(&folder), ["none", "0"]);
        led.set(true).unwrap();
        assert_eq!(seen(&folder), ["none", "255"]);
        led.set(false).unwrap();
        drop(led);
        assert_eq!(seen(&folder), ["mmc0", "0"]);
    }

    #[test]
    fn without_a_trigger_the_brightness_is_put_back() {
        let folder = led("[none] mmc0\n", "255\n");
        let led = Led::open(folder.path()).unwrap();
        assert_eq!(seen(&folder), ["[none] mmc0\n", "0"]);
        drop(led);
        assert_eq!(seen(&folder), ["[none] mmc0\n", "255"]);
    }

    #[test]
    fn what_is_not_allowed_says_what_to_do() {
        let denied = io::Error::from(io::ErrorKind::PermissionDenied);
        let problem = advice(Path::new("/sys/class/leds/ACT"), &denied);
        assert!(problem.contains("sudo chmod -R g+w /sys/class/leds/ACT/"), "{problem}");
        let gone = Led::open(Path::new("/nowhere")).unwrap_err().to_string();
        assert!(gone.starts_with("cannot open /nowhere/brightness: No such file"), "{gone}");
    }
}
