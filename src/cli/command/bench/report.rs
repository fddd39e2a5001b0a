//! What was measured, as one JSON document or as a table to read. Measures nothing.

use std::fmt::Write;

use oddity::model::{Arithmetic, Description};
use oddity::terminal::{four_digits, printable};
use serde::Serialize;

use super::bursts::Figure;
use super::child::StartUp;

/// Everything.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    pub(super) program: ProgramReport,
    pub(super) model: ModelReport,
    /// For each number of windows that are handed over together.
    pub(super) windows: Vec<WindowsReport>,
    /// Rows through the detector; `None` for a model without a profile, and for one of pictures.
    pub(super) stream: Option<StreamReport>,
    /// Rows from their text; empty for such models.
    pub(super) decode: Vec<DecodeReport>,
    pub(super) start_up: StartUpReport,
    /// In the process itself, up to the answer to one window.
    pub(super) load: Option<LoadReport>,
    /// Largest resident memory of a process that has loaded the model and judged one go of windows;
    /// `None` where the system does not tell.
    pub(super) peak_memory_bytes: Option<u64>,
}

/// This program and the machine.
#[derive(Debug, Serialize)]
pub(super) struct ProgramReport {
    version: &'static str,
    bytes: u64,
    /// Processor and system that it is built for.
    target: String,
    /// What the system calls its processor, where it says.
    processor: Option<String>,
    /// That a model runs on.
    threads: u32,
}

#[derive(Debug, Serialize)]
pub(super) struct ModelReport {
    pub(super) file: String,
    pub(super) id: String,
    pub(super) bytes: usize,
    pub(super) weight_bytes: usize,
    pub(super) multiply_adds_per_window: u64,
    /// Engine and layers.
    pub(super) arithmetic: Arithmetic,
    /// Windows that the model takes in one go.
    pub(super) windows_at_once: usize,
}

#[derive(Debug, Serialize)]
pub(super) struct WindowsReport {
    pub(super) windows_at_once: usize,
    pub(super) fastest_us_per_window: f64,
    pub(super) median_us_per_window: f64,
    pub(super) bursts: usize,
}

#[derive(Debug, Serialize)]
pub(super) struct StreamReport {
    /// Where the rows come from: `data`, or `noise` with the profile's means and scales.
    pub(super) source: &'static str,
    pub(super) rows: usize,
    pub(super) windows: u64,
    pub(super) hop_rows: usize,
    pub(super) fastest_us_per_window: f64,
    pub(super) median_us_per_window: f64,
    pub(super) fastest_rows_per_second: f64,
    pub(super) median_rows_per_second: f64,
    pub(super) bursts: usize,
}

#[derive(Debug, Serialize)]
pub(super) struct DecodeReport {
    pub(super) format: &'static str,
    pub(super) rows: usize,
    pub(super) bytes: usize,
    pub(super) fastest_rows_per_second: f64,
    pub(super) median_rows_per_second: f64,
    pub(super) bursts: usize,
}

#[derive(Debug, Serialize)]
pub(super) struct StartUpReport {
    fastest_ms: f64,
    median_ms: f64,
    runs: usize,
}

#[derive(Debug, Serialize)]
pub(super) struct LoadReport {
    fastest_ms: f64,
    median_ms: f64,
    runs: usize,
}

impl ProgramReport {
    pub(super) fn new() -> Self {
        let program = std::env::current_exe().and_then(std::fs::metadata);
        Self {
            version: env!("CARGO_PKG_VERSION"),
            bytes: program.map_or(0, |file| file.len()),
            target: format!("{}-{}", std::env::consts::ARCH, std::env::consts::OS),
            processor: processor(),
            threads: 1,
        }
    }
}

/// As Linux names it.
fn processor() -> Option<String> {
    let text = std::fs::read_to_string("/proc/cpuinfo").ok()?;
    let (_, name) = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(key, _)| matches!(key.trim(), "model name" | "Model"))?;
    Some(name.trim().to_owned())
}

impl ModelReport {
    pub(super) fn new(
        (file, id, bytes): (String, String, usize),
        model: &Description,
        windows_at_once: usize,
    ) -> Self {
        Self {
            file,
            id,
            bytes,
            weight_bytes: model.weight_bytes,
            multiply_adds_per_window: model.multiply_adds,
            arithmetic: model.arithmetic.clone(),
            windows_at_once,
        }
    }
}

impl WindowsReport {
    pub(super) fn new(windows_at_once: usize, figure: Figure) -> Self {
        Self {
            windows_at_once,
            fastest_us_per_window: figure.fastest_ns / 1e3,
            median_us_per_window: figure.median_ns / 1e3,
            bursts: figure.bursts,
        }
    }
}

impl StreamReport {
    /// `figure` is of windows; `rows` of them held `windows`.
    pub(super) fn new(
        source: &'static str,
        (rows, windows, hop_rows): (usize, u64, usize),
        figure: Figure,
    ) -> Self {
        let rows_per_second = |ns: f64| rows as f64 / (windows as f64 * ns) * 1e9;
        Self {
            source,
            rows,
            windows,
            hop_rows,
            fastest_us_per_window: figure.fastest_ns / 1e3,
            median_us_per_window: figure.median_ns / 1e3,
            fastest_rows_per_second: rows_per_second(figure.fastest_ns),
            median_rows_per_second: rows_per_second(figure.median_ns),
            bursts: figure.bursts,
        }
    }
}

impl DecodeReport {
    /// `figure` is of rows.
    pub(super) fn new(format: &'static str, (rows, bytes): (usize, usize), figure: Figure) -> Self {
        Self {
            format,
            rows,
            bytes,
            fastest_rows_per_second: 1e9 / figure.fastest_ns,
            median_rows_per_second: 1e9 / figure.median_ns,
            bursts: figure.bursts,
        }
    }
}

impl StartUpReport {
    pub(super) fn new(children: &StartUp) -> Self {
        let ms = |index: usize| children.took.get(index).map_or(0.0, |t| t.as_secs_f64() * 1e3);
        let runs = children.took.len();
        Self { fastest_ms: ms(0), median_ms: ms(runs / 2), runs }
    }
}

impl LoadReport {
    /// `figure` is of loads.
    pub(super) fn new(figure: Figure) -> Self {
        let Figure { fastest_ns, median_ns, bursts } = figure;
        Self { fastest_ms: fastest_ns / 1e6, median_ms: median_ns / 1e6, runs: bursts }
    }
}

impl Report {
    /// To read.
    pub(super) fn table(&self) -> String {
        let Self { program, model, .. } = self;
        let mut text = String::new();
        let mut fact = |name: &str, value: String| {
            let _ = writeln!(text, "{name:<14} {}", printable(&value));
        };
        fact("model", format!("{}: {} bytes", model.file, model.bytes));
        fact("multiply-adds", format!("{} per window", model.multiply_adds_per_window));
        fact("arithmetic", model.arithmetic.summary());
        fact("program", format!("oddity {}: {} bytes", program.version, program.bytes));
        let processor = program.processor.as_deref().unwrap_or("unknown");
        fact("processor", format!("{processor} ({}), one thread", program.target));
        let _ = writeln!(text, "\n{:<26}{:>12}{:>12}", "", "fastest", "median");
        for (name, fastest, median, unit) in self.figures() {
            let (fastest, median) = (four_digits(fastest), four_digits(median));
            let _ = writeln!(text, "{name:<26}{fastest:>12}{median:>12}  {unit}");
        }
        let peak = match self.peak_memory_bytes {
            Some(bytes) => format!("{:.1} MB", bytes as f64 / 1e6),
            None => "unknown".into(),
        };
        let _ = writeln!(text, "{:<26}{peak:>12}", "peak memory");
        text
    }

    /// Name, fastest, median and unit.
    fn figures(&self) -> Vec<(String, f64, f64, &'static str)> {
        let mut lines = Vec::new();
        for of in &self.windows {
            let name = match of.windows_at_once {
                1 => "one window at a time".into(),
                n => format!("{n} windows at once"),
            };
            let (fastest, median) = (of.fastest_us_per_window, of.median_us_per_window);
            lines.push((name, fastest, median, "us a window"));
        }
        if let Some(of) = &self.stream {
            let name = match of.hop_rows {
                1 => "stream, a window a row".into(),
                hop => format!("stream, a window in {hop} rows"),
            };
            lines.push((name, of.fastest_us_per_window, of.median_us_per_window, "us a window"));
        }
        for of in &self.decode {
            let (fastest, median) = (of.fastest_rows_per_second, of.median_rows_per_second);
            lines.push((format!("reading {}", of.format), fastest, median, "rows a second"));
        }
        let StartUpReport { fastest_ms, median_ms, .. } = self.start_up;
        lines.push(("start, of a new process".into(), fastest_ms, median_ms, "ms until ready"));
        if let Some(LoadReport { fastest_ms, median_ms, .. }) = self.load {
            lines.push(("load, in this process".into(), fastest_ms, median_ms, "ms to an answer"));
        }
        lines
    }
}
