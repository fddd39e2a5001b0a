//! The figures that the documentation states: a phrase goes in, the number beside it comes out, and
//! it is held against what the program gives.

use std::path::Path;

/// Where the figures stand, without line breaks, bold and escapes.
pub struct Said {
    file: &'static str,
    text: String,
}

impl Said {
    /// The part from the first mention of this data on.
    pub fn of(data: &str) -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let file = ["docs/figures.md", "README.md"].into_iter().find(|f| root.join(f).is_file());
        let file = file.unwrap();
        let text = std::fs::read_to_string(root.join(file)).unwrap();
        let text = text.replace('\\', "").replace("**", "").replace('\n', " ");
        let at = text.find(data).unwrap_or_else(|| panic!("{file} does not say {data:?}"));
        Self { file, text: text[at..].to_owned() }
    }

    /// What stands before and after the phrase.
    #[track_caller]
    fn around(&self, phrase: &str) -> (&str, &str) {
        let around = self.text.split_once(phrase);
        around.unwrap_or_else(|| panic!("{} does not say {phrase:?} any more", self.file))
    }

    /// The first number after the phrase is this one.
    #[track_caller]
    pub fn after(&self, phrase: &str, found: f64) {
        let (_, after) = self.around(phrase);
        let number = after.split(|c: char| !is_of_number(c)).find(|part| is_number(part));
        self.hold(phrase, number.unwrap_or_default(), found);
    }

    /// The last number before the phrase is this one.
    #[track_caller]
    pub fn before(&self, phrase: &str, found: f64) {
        let (before, _) = self.around(phrase);
        let number = before.rsplit(|c: char| !is_of_number(c)).find(|part| is_number(part));
        self.hold(phrase, number.unwrap_or_default(), found);
    }

    /// The cells of each table row that begins with this label hold these numbers.
    #[track_caller]
    pub fn row(&self, label: &str, found: &[f64]) {
        let (_, after) = self.around(&format!("| {label}"));
        let cells = after.split(" | ").skip(1);
        for (cell, found) in cells.zip(found) {
            self.hold(label, cell.split(' ').next().unwrap_or_default(), *found);
        }
    }

    /// Within one of the last digit that is written.
    #[track_caller]
    fn hold(&self, phrase: &str, number: &str, found: f64) {
        let number = number.trim_end_matches('.');
        let digits = number.split_once('.').map_or(0, |(_, digits)| digits.len());
        let said: f64 = number.parse().unwrap_or(f64::NAN);
        let tolerance = 10f64.powi(-i32::try_from(digits).unwrap());
        assert!(
            (said - found).abs() <= tolerance * 1.001,
            "{} says {number:?} beside {phrase:?}, the program gives {found}",
            self.file
        );
    }
}

fn is_of_number(c: char) -> bool {
    c.is_ascii_digit() || c == '.'
}

fn is_number(part: &str) -> bool {
    part.starts_with(|c: char| c.is_ascii_digit())
}
