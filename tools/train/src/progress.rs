//! What a person sees of training: progress comes in, a bar or lines go to stderr.
//!
//! Nothing goes to stdout.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};
use oddity::terminal::printable;

use crate::train::{Progress, Trained};

/// Between two drawings of the bar.
const DRAW: Duration = Duration::from_millis(100);
/// Between two lines where there is no terminal.
const LINE: Duration = Duration::from_secs(10);
/// Steps of the bar.
const LENGTH: u64 = 1000;

/// A line on standard error; names in it come from data that is not trusted. One that is closed is
/// no reason to fail.
pub fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{}", printable(line));
}

/// The progress of one model.
#[derive(Debug)]
pub struct TrainingBar {
    name: String,
    /// `None`: stderr is no terminal.
    drawn: Option<ProgressBar>,
    quiet: bool,
    started: Instant,
    /// How much was done when it started: more than nothing when a run goes on.
    before: Option<f64>,
    shown: Option<Instant>,
}

impl TrainingBar {
    /// A bar for the model `name`. Without a terminal it writes a line every 10 s; `quiet` shows
    /// nothing.
    pub fn new(name: &str, quiet: bool) -> Self {
        let drawn = (!quiet && io::stderr().is_terminal()).then(|| {
            let style = ProgressStyle::with_template("{bar:16} {wide_msg}");
            let bar = ProgressBar::new(LENGTH);
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar
        });
        let (started, before, shown) = (Instant::now(), None, None);
        Self { name: name.into(), drawn, quiet, started, before, shown }
    }

    /// Shows where training is; cheap when it was shown just before.
    pub fn show(&mut self, progress: &Progress<'_>) {
        let now = Instant::now();
        let done = share(progress);
        let before = *self.before.get_or_insert(done);
        let wait = if self.drawn.is_some() { DRAW } else { LINE };
        if self.quiet || now.duration_since(self.shown.unwrap_or(self.started)) < wait {
            return;
        }
        self.shown = Some(now);
        let text = line(&self.name, progress, left(now - self.started, before, done));
        match &self.drawn {
            Some(bar) => {
                bar.set_position((done * LENGTH as f64) as u64);
                bar.set_message(text);
            }
            None => say(&text),
        }
    }

    /// Takes the bar away and says how it ended.
    pub fn finish(self, outcome: &Trained) {
        if let Some(bar) = &self.drawn {
            bar.finish_and_clear();
        }
        if !self.quiet {
            say(&ending(&self.name, outcome));
        }
    }
}

/// How much is done, from 0 to 1.
fn share(progress: &Progress<'_>) -> f64 {
    (progress.epoch.saturating_sub(1) as f64 + progress.share) / progress.epochs.max(1) as f64
}

/// The time that the rest takes at the pace so far.
fn left(elapsed: Duration, before: f64, done: f64) -> Option<Duration> {
    let seconds = elapsed.as_secs_f64() * (1.0 - done) / (done - before);
    Duration::try_from_secs_f64(seconds).ok()
}

/// `fold 2: epoch 13/100, loss 0.01234, validation 0.01201, at most 1 min 20 s left`
fn line(name: &str, progress: &Progress<'_>, left: Option<Duration>) -> String {
    let mut text = format!("{name}: epoch {}/{}", progress.epoch, progress.epochs);
    if let Some(loss) = progress.outcome.training.last() {
        text += &format!(", loss {}", short(*loss));
    }
    if let Some(loss) = progress.outcome.validation.last() {
        text += &format!(", validation {}", short(*loss));
    }
    if let Some(left) = left {
        text += &format!(", at most {} left", span(left));
    }
    text
}

/// `validated: best of 57 epochs was 47, validation 0.01201, 1 min 20 s`
fn ending(name: &str, outcome: &Trained) -> String {
    let stop = if outcome.interrupted { " (interrupted)" } else { "" };
    let seconds = span(Duration::try_from_secs_f64(outcome.seconds).unwrap_or_default());
    let epochs = outcome.training.len();
    match (outcome.validated(), outcome.training.last()) {
        (Some(loss), _) => format!(
            "{name}: best of {} was {}, validation {}{stop}, {seconds}",
            counted(epochs, "epoch"),
            outcome.best,
            short(loss)
        ),
        (None, Some(loss)) => {
            let epochs = counted(epochs, "epoch");
            format!("{name}: {epochs}, loss {}{stop}, {seconds}", short(*loss))
        }
        (None, None) => format!("{name}: no epoch{stop}"),
    }
}

/// `1 epoch`, `2 epochs`
pub fn counted(count: usize, one: &str) -> String {
    format!("{count} {one}{}", if count == 1 { "" } else { "s" })
}

/// A loss with the four digits that are worth reading.
pub fn short(value: f64) -> String {
    let size = value.abs();
    if size > 0.0 && !(1e-4..1e6).contains(&size) {
        return format!("{value:.3e}");
    }
    let digits = if size > 0.0 { (3 - size.log10().floor() as i64).clamp(0, 8) } else { 0 };
    format!("{value:.*}", usize::try_from(digits).unwrap_or(0))
}

/// How far two answers are apart, in words.
pub fn apart(difference: f32) -> String {
    match difference {
        0.0 => "agree to the last bit".into(),
        difference => format!("differ by {difference:.1e} at most"),
    }
}

/// `0.4 s`, `42 s`, `3 min 5 s`, `2 h 10 min`
pub fn span(time: Duration) -> String {
    let seconds = time.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0..10) => format!("{:.1} s", time.as_secs_f64()),
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(validation: &[f64], best: usize) -> Trained {
        Trained {
            training: vec![9.0, 4.0, 0.012_346][..validation.len().max(1)].to_vec(),
            validation: validation.to_vec(),
            best,
            seconds: 120.0,
            ..Trained::default()
        }
    }

    #[test]
    fn lines_say_where_training_is() {
        let outcome = outcome(&[3.0, 2.5, 2.0], 3);
        let half = Progress { epoch: 4, epochs: 10, share: 0.5, outcome: &outcome, state: None };
        let seconds = left(Duration::from_secs(70), 0.0, share(&half));
        let wanted = "a: epoch 4/10, loss 0.01235, validation 2.000, at most 2 min 10 s left";
        assert_eq!(line("a", &half, seconds), wanted);
    }

    #[test]
    fn a_run_that_goes_on_counts_only_its_own_time() {
        let rest = left(Duration::from_secs(10), 0.5, 0.6).unwrap();
        assert!((rest.as_secs_f64() - 40.0).abs() < 1e-6);
        assert_eq!(left(Duration::from_secs(10), 0.5, 0.5), None);
    }

    #[test]
    fn endings_name_the_best_epoch() {
        let wanted = "b: best of 3 epochs was 2, validation 1.500, 2 min 0 s";
        assert_eq!(ending("b", &outcome(&[2.0, 1.5, 1.6], 2)), wanted);
        let cut = Trained { interrupted: true, ..outcome(&[], 1) };
        assert_eq!(ending("b", &cut), "b: 1 epoch, loss 9.000 (interrupted), 2 min 0 s");
        assert!(ending("b", &Trained::default()).contains("no epoch"));
    }

    #[test]
    fn numbers_stay_short() {
        let shown = [0.0, 1e-7, 0.000_123_46, 1.0, 12_345.6, 1.5e9].map(short);
        assert_eq!(shown, ["0", "1.000e-7", "0.0001235", "1.000", "12346", "1.500e9"]);
        let spans = [400, 42_000, 7_800_000].map(|ms| span(Duration::from_millis(ms)));
        assert_eq!(spans, ["0.4 s", "42 s", "2 h 10 min"]);
    }
}
