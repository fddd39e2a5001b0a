//! A folder of its own for each test, and both programs run in it: this one, and `oddity`, which is
//! built when a test first wants it.

// Each test file uses a part of this.
#![allow(dead_code, clippy::unwrap_used, clippy::panic, clippy::expect_used)]

#[path = "../../../../tests/harness/run.rs"]
mod program;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

pub use program::Run;

/// An empty folder that goes away with the test.
pub struct Dir(tempfile::TempDir);

impl Dir {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// `normal.csv`, 600 rows of the simulated pump, and `faulty.csv`, which has a leak in it.
    pub fn pump() -> Self {
        let dir = Self::new();
        dir.oddity("simulate --rows 600 --seed 1 --output normal.csv").ok();
        dir.oddity("simulate --rows 600 --seed 2 --fault leak@300+200x3 --output faulty.csv").ok();
        dir
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.file(name), content).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.file(name)).unwrap()
    }

    /// Names in the folder, sorted.
    pub fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The trainer in this folder; `args` are split at blanks.
    pub fn command(&self, args: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_oddity-train"));
        // Threads that spin while they wait take the processor from the other tests.
        command.env("OMP_WAIT_POLICY", "PASSIVE");
        command.current_dir(self.path()).args(args.split_whitespace());
        command
    }

    pub fn train(&self, args: &str) -> Run {
        run(&mut self.command(args), format!("oddity-train {args}"))
    }

    pub fn oddity(&self, args: &str) -> Run {
        let mut command = Command::new(oddity());
        command.current_dir(self.path()).args(args.split_whitespace());
        run(&mut command, format!("oddity {args}"))
    }
}

/// Runs a program to its end.
pub fn run(command: &mut Command, shown: String) -> Run {
    let output = command.output().unwrap();
    Run {
        command: shown,
        code: output.status.code(),
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// The program for the device, built from the repository around this crate.
fn oddity() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let target = match std::env::var_os("CARGO_TARGET_DIR") {
            Some(folder) => PathBuf::from(folder),
            None => root.join("target"),
        };
        let built = Command::new(env!("CARGO"))
            .args(["build", "--quiet", "--bin", "oddity", "--manifest-path"])
            .arg(root.join("Cargo.toml"))
            .arg("--target-dir")
            .arg(&target)
            .status();
        assert!(built.unwrap().success(), "the program oddity does not build");
        target.join("debug/oddity")
    })
}
