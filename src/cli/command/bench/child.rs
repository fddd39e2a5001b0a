//! The program itself, started anew: how long until it is ready to judge, and how much memory it takes.
//!
//! The child does what every command does before its first row, says so, judges as many windows as run in
//! one go, or as it is told, and says what it took. It measures nothing itself.

use std::hint::black_box;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::Context;
use oddity::files::WriteError;
use oddity::model::{ReadOptions, Session};
use oddity::types::Reconstruction;

use super::rows::noise;
use crate::cli::loading::arguments;

/// Runs, at most.
const MOST: usize = 20;

/// What children told.
pub(super) struct StartUp {
    /// From the start to the word that it is ready, each time, the fastest first.
    pub(super) took: Vec<Duration>,
    /// Largest resident memory after one go of windows, in bytes: the least of all runs; `None` where the
    /// system does not tell.
    pub(super) peak_bytes: Option<u64>,
}

/// Starts children one after the other until `time` is over; one at least.
pub(super) fn start_up(
    model: &Path,
    options: &ReadOptions,
    time: Duration,
) -> anyhow::Result<StartUp> {
    let (begin, mut took, mut peaks) = (Instant::now(), Vec::new(), Vec::new());
    while took.is_empty() || (begin.elapsed() < time && took.len() < MOST) {
        let (ready, peak) = once(model, options).context("cannot measure the start")?;
        took.push(ready);
        peaks.extend(peak);
    }
    took.sort_unstable();
    Ok(StartUp { took, peak_bytes: peaks.into_iter().min() })
}

fn once(model: &Path, options: &ReadOptions) -> anyhow::Result<(Duration, Option<u64>)> {
    let program = std::env::current_exe().context("cannot find this program")?;
    let begin = Instant::now();
    let mut child = Command::new(program)
        .args(["bench", "--child", "--quiet"])
        .args(arguments(options))
        .arg("--")
        .arg(model)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut word = String::new();
    let (mut ready, mut peak) = (Duration::ZERO, String::new());
    if let Some(stdout) = child.stdout.take() {
        let mut stdout = BufReader::new(stdout);
        stdout.read_line(&mut word)?;
        ready = begin.elapsed();
        stdout.read_to_string(&mut peak)?;
    }
    let status = child.wait()?;
    anyhow::ensure!(status.success() && !word.is_empty(), "the child has failed ({status})");
    Ok((ready, peak.trim().parse().ok()))
}

/// What the child does once it has a session: so many goes of noise, `n` windows each. More than one go is for a
/// program that counts its instructions.
pub(super) fn answer(mut session: Session, n: usize, goes: u32) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    let mut tell =
        |line: &str| writeln!(out, "{line}").and_then(|()| out.flush()).map_err(WriteError::stdout);
    tell("ready")?;
    let windows = noise(n * session.model().window_len());
    let mut answers = Reconstruction::default();
    for _ in 0..goes {
        session.run(&windows, n, &mut answers)?;
        black_box(&answers);
    }
    tell(&peak_bytes().map_or(String::new(), |bytes| bytes.to_string()))?;
    Ok(())
}

/// Largest resident memory of this process so far, as Linux tells it.
fn peak_bytes() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}
