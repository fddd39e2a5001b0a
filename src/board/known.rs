//! A name, a path, or a machine goes in; a board comes out: one of those that are part of the program, or
//! of the user's own. A name that is none of them gives names that are like it.

use std::path::Path;

use super::error::BoardError;
use super::machine::Machine;
use super::rules::Board;

macro_rules! files {
    ($($name:literal),+ $(,)?) => {
        [$(($name, include_str!(concat!("../../boards/", $name, ".toml")))),+]
    };
}

/// In the order in which they are listed.
const FILES: [(&str, &str); 13] = files![
    "pi-zero-w",
    "pi-zero-2-w",
    "pi-2",
    "pi-3",
    "pi-4",
    "pi-5",
    "cm4",
    "beaglebone-black",
    "orange-pi-zero-3",
    "rock-4",
    "generic-aarch64",
    "generic-armv7",
    "generic-x86_64",
];

/// Names that are offered in place of an unknown one, at most.
const MOST_NEAR: usize = 3;

/// The boards that there are.
#[derive(Clone, Debug)]
pub struct Boards(Vec<Board>);

/// What a machine was taken for.
#[derive(Clone, Copy, Debug)]
pub enum Recognised<'a> {
    /// Its device tree names this board.
    ByDeviceTree(&'a Board),
    /// Nothing names a board that is known: the general one of its architecture.
    ByArchitecture(&'a Board),
}

impl<'a> Recognised<'a> {
    /// Either way.
    pub fn board(self) -> &'a Board {
        match self {
            Self::ByDeviceTree(board) | Self::ByArchitecture(board) => board,
        }
    }
}

impl Boards {
    /// Those that are part of the program.
    ///
    /// # Errors
    /// None, as the tests make sure.
    pub fn known() -> Result<Self, BoardError> {
        let boards = FILES.iter().map(|(name, text)| Board::parse(name, text));
        boards.collect::<Result<_, _>>().map(Self)
    }

    /// Adds each file `NAME.toml` of a folder.
    ///
    /// # Errors
    /// A file or the folder cannot be read, a file is no board, or has the name of one that is there.
    pub fn add_folder(&mut self, folder: &Path) -> Result<(), BoardError> {
        let failed = |source| BoardError::Read { path: folder.to_path_buf(), source };
        let entries = std::fs::read_dir(folder).map_err(failed)?;
        let paths = entries.map(|entry| entry.map(|entry| entry.path()));
        let mut paths = paths.collect::<Result<Vec<_>, _>>().map_err(failed)?;
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "toml"));
        paths.sort();
        for path in paths {
            let board = read(&path)?;
            if self.get(board.name()).is_some() {
                return Err(BoardError::Twice { name: board.name().to_owned(), path });
            }
            self.0.push(board);
        }
        Ok(())
    }

    /// In the order of the list.
    pub fn iter(&self) -> impl Iterator<Item = &Board> {
        self.0.iter()
    }

    fn get(&self, name: &str) -> Option<&Board> {
        self.0.iter().find(|board| board.name() == name)
    }

    /// By name; what has a slash in it or ends in `.toml` is the path of a file.
    ///
    /// # Errors
    /// There is none, with names that are like it; or the file is no board.
    pub fn find(&self, name: &str) -> Result<Board, BoardError> {
        if let Some(board) = self.get(name) {
            return Ok(board.clone());
        }
        if name.contains('/') || name.ends_with(".toml") {
            return read(Path::new(name));
        }
        Err(BoardError::Unknown { name: name.to_owned(), near: self.near(name) })
    }

    /// Names that are like this one, or whose titles hold it.
    fn near(&self, name: &str) -> Vec<String> {
        let asked = letters(name);
        if asked.is_empty() {
            return Vec::new();
        }
        let mut near: Vec<(usize, &str)> = Vec::new();
        for board in &self.0 {
            let own = letters(board.name());
            let (title, distance) = (letters(&board.title), distance(&asked, &own));
            let holds = title.contains(&asked) || own.contains(&asked);
            if holds || distance <= asked.len().max(own.len()) / 3 {
                near.push((if holds { 0 } else { distance }, board.name()));
            }
        }
        near.sort_by_key(|(distance, _)| *distance);
        near.into_iter().take(MOST_NEAR).map(|(_, name)| name.to_owned()).collect()
    }

    /// What a machine is: first by the entries of its device tree, the most particular one first, then by
    /// its model, then by the architecture of this program.
    ///
    /// # Errors
    /// There is no board for that architecture.
    pub fn recognise(&self, machine: &Machine) -> Result<Recognised<'_>, BoardError> {
        let tree = machine.compatible();
        let by_tree = tree
            .iter()
            .find_map(|entry| self.0.iter().find(|board| board.detect.compatible.contains(entry)));
        let by_model = || {
            let model = machine.model()?;
            let begins = |begin: &String| model.starts_with(begin.as_str());
            self.0.iter().find(|board| board.detect.model.iter().any(begins))
        };
        if let Some(board) = by_tree.or_else(by_model) {
            return Ok(Recognised::ByDeviceTree(board));
        }
        let arch = std::env::consts::ARCH;
        let general = match arch {
            "arm" => "armv7",
            other => other,
        };
        let general = self.get(&format!("generic-{general}"));
        general.map(Recognised::ByArchitecture).ok_or(BoardError::NotRecognised { arch })
    }
}

/// A board in a file of the user's own; the file's name without its ending is the board's.
fn read(path: &Path) -> Result<Board, BoardError> {
    let failed = |source| BoardError::Read { path: path.to_path_buf(), source };
    let text = std::fs::read_to_string(path).map_err(failed)?;
    let name = path.file_stem().map(|name| name.to_string_lossy().into_owned());
    Board::parse(&name.unwrap_or_default(), &text)
}

fn letters(text: &str) -> String {
    let letters = text.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

/// Insertions, deletions and replacements that make one text of the other (Levenshtein 1966).
fn distance(a: &str, b: &str) -> usize {
    let mut above: Vec<usize> = (0..=b.len()).collect();
    for (row, x) in a.bytes().enumerate() {
        let mut left = row + 1;
        let mut diagonal = row;
        for (y, over) in b.bytes().zip(above.iter_mut().skip(1)) {
            let replaced = diagonal + usize::from(x != y);
            diagonal = *over;
            left = replaced.min(left + 1).min(*over + 1);
            *over = left;
        }
        if let Some(first) = above.first_mut() {
            *first = row + 1;
        }
    }
    above.last().copied().unwrap_or(a.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_is_that_of_levenshtein() {
        for (a, b, expected) in [
            ("kitten", "sitting", 3),
            ("", "abc", 3),
            ("abc", "", 3),
            ("pi4", "pi4", 0),
            ("rpi4", "pi4", 1),
        ] {
            assert_eq!(distance(a, b), expected, "{a} {b}");
        }
    }

    #[test]
    fn every_file_of_the_folder_is_part_of_the_program() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("boards");
        let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<String> =
            files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
        let mut known: Vec<String> =
            Boards::known().unwrap().iter().map(|board| board.name().to_owned()).collect();
        files.sort();
        known.sort();
        assert_eq!(files, known);
    }
}
