//! A folder of its own for each test, the program run in it, and golden files to hold against what
//! came out. Arguments and input go in; standard output, standard error and the exit code come out.

mod data;
pub mod engines;
pub mod golden;
pub mod onnx;
mod program;
pub mod random;
mod raw;
mod run;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

pub use data::data;
pub use program::{PROGRAM, said};
pub use raw::{floats, relative_difference};
pub use run::Run;

/// A profile without what would just be raised, which another score or other weights change.
pub fn without_sensitivity(mut profile: serde_json::Value) -> serde_json::Value {
    for channel in profile["channels"].as_array_mut().unwrap() {
        channel.as_object_mut().unwrap().remove("sensitivity");
    }
    profile
}

/// An empty folder that goes away with the test.
pub struct Dir(tempfile::TempDir);

impl Dir {
    /// All that a model holds but the command that made it, and the hash and size that go with it.
    pub fn learned(&self, model: &str) -> serde_json::Value {
        let mut json = self.oddity(&format!("inspect {model} --json")).ok().json();
        json["id"].take();
        json["bytes"].take();
        json["profile"]["provenance"]["command"].take();
        json
    }

    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    pub fn file(&self, name: &str) -> PathBuf {
        self.path().join(name)
    }

    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.file(name), content).unwrap();
    }

    pub fn read(&self, name: &str) -> Vec<u8> {
        fs::read(self.file(name)).unwrap()
    }

    pub fn text(&self, name: &str) -> String {
        fs::read_to_string(self.file(name)).unwrap()
    }

    /// Names in the folder, sorted.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    /// The program in this folder; `args` are split at blanks.
    pub fn command(&self, args: &str) -> Command {
        let mut command = program::program(args.split_whitespace().next().unwrap_or_default());
        command.current_dir(self.path()).args(args.split_whitespace());
        command.env("LC_ALL", "C");
        command
    }

    /// Runs the program without input.
    pub fn oddity(&self, args: &str) -> Run {
        self.oddity_with(args, "")
    }

    /// Runs the program with `input` on standard input.
    pub fn oddity_with(&self, args: &str, input: impl AsRef<[u8]>) -> Run {
        let mut command = assert_cmd::Command::from_std(self.command(args));
        let output = command.write_stdin(input.as_ref()).output().unwrap();
        Run {
            command: format!("oddity {args}"),
            code: output.status.code(),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: said(output.stderr),
        }
    }

    /// Runs the program on raw values: those on standard input, and those that it writes.
    pub fn raw(&self, args: &str, values: &[f32]) -> Vec<f32> {
        let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
        let mut command = assert_cmd::Command::from_std(self.command(args));
        let output = command.write_stdin(bytes).output().unwrap();
        assert!(output.status.success(), "{args}: {}", String::from_utf8_lossy(&output.stderr));
        let words = output.stdout.chunks_exact(4);
        words.map(|word| f32::from_le_bytes(word.try_into().unwrap())).collect()
    }

    /// Starts the program with pipes at all three ends.
    pub fn start(&self, args: &str) -> Child {
        let mut command = self.command(args);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().unwrap()
    }

    /// `normal.csv`, 1200 rows of the simulated pump, and `model.onnx` fitted on it.
    pub fn fitted() -> Self {
        let dir = Self::new();
        dir.oddity("simulate --rows 1200 --seed 1 --output normal.csv").ok();
        dir.oddity("fit normal.csv --output model.onnx").ok();
        dir
    }

    /// As [`Dir::fitted`], with `faulty.csv`: a stream in which everything happens that there is
    /// an event for.
    pub fn with_faults() -> Self {
        let dir = Self::fitted();
        dir.oddity(
            "simulate --rows 1300 --seed 2 --output all.csv \
             --fault leak@100+60x3 --fault dropout@400+30:flow --fault stuck-sensor@600+90:pressure",
        )
        .ok();
        let all = dir.text("all.csv");
        let lines: Vec<&str> = all.lines().collect();
        // Rows 900 to 919 are lost; after row 1100 the clock goes back to the beginning.
        let mut stream: Vec<String> = lines[..900].iter().map(ToString::to_string).collect();
        stream.extend(lines[920..1100].iter().map(ToString::to_string));
        for (line, early) in lines[1100..1160].iter().zip(&lines[1..]) {
            let (_, readings) = line.split_once(',').unwrap();
            let (time, _) = early.split_once(',').unwrap();
            stream.push(format!("{time},{readings}"));
        }
        dir.write("faulty.csv", stream.join("\n") + "\n");
        dir
    }
}
