//! A trial load of an untrusted model in a child process with limits.
//!
//! The library's own checks turn bad files into errors, but the engine's use of memory and time
//! is not proven. What ends the child would have ended this process. Where this program cannot start
//! itself again (a file system without execution, a chroot without /proc, an emulator), there is no
//! child, and the caller is told so.

use std::io::{self, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};

use anyhow::{Context, bail};
use oddity::model::limits::{load_memory, load_seconds, restrict_self};
use oddity::model::{Limits, Model, ModelPart, ReadOptions};
use oddity::terminal::in_words;

use super::loading::arguments;
use super::stderr;

/// The child's subcommand.
const SUBCOMMAND: &str = "check-model";

/// What the child writes first. A program that comes in its place, such as the loader that this one was
/// given to, does not.
const STARTED: &[u8] = b"started";

/// A child that tries a model out, or why there is none.
pub(super) struct Trial {
    child: io::Result<Child>,
    limits: Limits,
}

/// What came of a trial that did not refuse the model.
pub(super) enum Tried {
    /// The child has loaded it.
    Passed,
    /// There was no child: this program cannot start itself again.
    NotTried(io::Error),
}

/// Starts a child that loads the model.
pub(super) fn start(bytes: &[u8], part: ModelPart, options: &ReadOptions) -> anyhow::Result<Trial> {
    let mut child = spawn(part, options);
    if let Ok(child) = &mut child
        && let Some(mut stdin) = child.stdin.take()
        && let Err(error) = stdin.write_all(bytes)
        && error.kind() != io::ErrorKind::BrokenPipe
    {
        return Err(error).context("cannot hand the model to the process that checks it");
    }
    Ok(Trial { child, limits: options.limits })
}

fn spawn(part: ModelPart, options: &ReadOptions) -> io::Result<Child> {
    Command::new(std::env::current_exe()?)
        .arg(SUBCOMMAND)
        .args(match part {
            ModelPart::Whole => None,
            ModelPart::Decoder => Some("--decoder"),
            ModelPart::Encoder => Some("--encoder"),
        })
        .args(arguments(options))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
}

impl Trial {
    /// Waits for what the child says of the model.
    pub(super) fn end(self) -> anyhow::Result<Tried> {
        let child = match self.child {
            Ok(child) => child,
            Err(error) => return Ok(Tried::NotTried(error)),
        };
        let output = child.wait_with_output().context("cannot wait for the check of the model")?;
        if output.stdout != STARTED {
            let what = format!("what started in its place ended with {}", output.status);
            return Ok(Tried::NotTried(io::Error::other(what)));
        }
        if output.status.success() {
            return Ok(Tried::Passed);
        }
        if output.status.code() == Some(REFUSED) {
            bail!("{}", String::from_utf8_lossy(&output.stderr).trim_end());
        }
        bail!("refused: loading it {}", ended(output.status, self.limits));
    }
}

fn ended(status: ExitStatus, limits: Limits) -> String {
    let (seconds, memory) = (load_seconds(limits), load_memory(limits) >> 20);
    match status.signal() {
        Some(signal) if signal == signal_hook::consts::SIGXCPU => {
            format!("took more than {seconds} s of CPU time; `--model-work` allows more")
        }
        Some(signal_hook::consts::SIGKILL) => {
            format!(
                "was killed, most likely after {seconds} s of CPU time (`--model-work` allows more) \
                 or for using too much memory"
            )
        }
        Some(signal) => format!(
            "ended with signal {signal}, most likely for lack of memory (the limit is {memory} MiB; \
             `--model-memory` raises it)"
        ),
        None => format!("failed ({status})"),
    }
}

/// The child found the model wanting, and said why.
const REFUSED: i32 = 3;

/// What the child does: limits itself, and loads what comes on standard input.
pub(super) fn child(part: ModelPart, options: &ReadOptions) -> ExitCode {
    let mut stdout = io::stdout().lock();
    // Without this word the parent takes it for another program.
    let _ = stdout.write_all(STARTED).and_then(|()| stdout.flush());
    match load(part, options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            stderr::say(&in_words(error.as_ref()));
            ExitCode::from(REFUSED as u8)
        }
    }
}

fn load(part: ModelPart, options: &ReadOptions) -> anyhow::Result<()> {
    // Where the system knows no limits, the library's checks stand alone.
    let limits = options.limits;
    if let Err(error) = restrict_self(load_memory(limits), load_seconds(limits))
        && error.kind() != io::ErrorKind::Unsupported
    {
        return Err(error).context("cannot limit the process that checks the model");
    }
    let mut bytes = Vec::new();
    io::stdin().lock().take(limits.file_bytes() + 1).read_to_end(&mut bytes)?;
    Model::part_from_bytes(&bytes, part, options)?.profile()?;
    Ok(())
}
