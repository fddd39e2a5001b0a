//! Windows and what reconstructs them go in; score, threshold and golden sample come out.
//!
//! Out of fold: a window is judged by a model that has not seen its block of rows. The score's own statistics come from
//! the out-of-fold errors of all blocks together. Where the windows are few for its covariance, the threshold is found
//! from scores whose statistics leave out the windows around: later rows are scored as those are, and one fitted to
//! itself would be passed by normal rows at once.

use super::drift::Gatherer;
use super::error::FitError;
use super::false_alarms::FalseAlarms;
use super::fold::{Example, FoldPart, Holes};
use super::normal::NormalData;
use super::reconstructor::Reconstructor;
use super::score::ScoreFit;
use super::sensitivity::{self, Trial};
use super::stretch::Gathered;
use super::whole::Whole;
use super::windows::Pace;
use crate::model::Session;
use oddity_core::profile::{
    Golden, ScoreKind, ScoreSpec, Sensitivity, SmoothSpec, ThresholdRule, ThresholdSpec,
};
use oddity_core::score::Scorer;
use oddity_core::threshold::{self, Peaks, Scale};
use oddity_core::types::Reconstruction;
use oddity_core::window::WindowShape;

/// Scores that are kept to find the threshold from. Of more, every so-manieth is taken.
const MOST_SCORES: u64 = 1 << 18;

/// Parts of the windows that are left out in turn of a covariance that few windows tell. With fewer parts, what is left
/// tells less than all do; with more, windows that overlap a part tell of it.
const PARTS: u64 = 8;

/// How scores become ratios.
pub(super) struct Judging {
    pub(super) rule: ThresholdRule,
    pub(super) scale: Scale,
    pub(super) smooth: SmoothSpec,
    pub(super) pace: Pace,
    /// Whether to learn what is usual, to tell when it is not any more.
    pub(super) drift: bool,
}

/// What normal data says about a model.
pub(super) struct Judgement {
    pub(super) score: ScoreSpec,
    pub(super) threshold: ThresholdSpec,
    /// First whole window.
    pub(super) first_window: Vec<f32>,
    /// What would just be raised in each channel, in its scale; nothing where that was not tried.
    pub(super) sensitivity: Vec<Sensitivity>,
    /// Share of the out-of-fold windows above the threshold.
    pub(super) exceeding: f64,
    /// Share of the windows' variance that the reconstructions explain, out of fold; below zero
    /// where the mean would be better. `None` without reconstructions.
    pub(super) explained: Option<f64>,
    /// Folds that had somebody to judge them.
    pub(super) folds: usize,
    /// What was missing from the data.
    pub(super) holes: Holes,
    /// The smoothed scores that the threshold was found from, sorted.
    pub(super) scores: Vec<f64>,
    /// The number of the window that each of them is of.
    pub(super) scored: Vec<u64>,
    /// How often alerts are raised on data like this.
    pub(super) expected: Option<FalseAlarms>,
    /// Rows that are windows of their own and above the threshold.
    pub(super) above: Vec<u64>,
    /// What the windows are scored by, where rows that are unlike the rest can be told by it.
    pub(super) gathered: Option<Gathered>,
    /// What tells what is usual.
    pub(super) usual: Option<Gatherer>,
}

/// Reads the data twice: for the statistics of the score, then for the threshold.
pub(super) fn judge(
    windows: &NormalData<'_>,
    by: &mut Reconstructor,
    (kind, shape, latent): (ScoreKind, WindowShape, usize),
    Judging { rule, scale, smooth, pace, drift }: Judging,
    count: u64,
) -> Result<Judgement, FitError> {
    let mut fit = ScoreFit::new(kind, shape, latent)?;
    let part_of = |number: u64| (number * PARTS / count.max(1)) as usize;
    let mut others = match fit.needs(count) {
        true => vec![fit.clone(); PARTS as usize],
        false => Vec::new(),
    };
    let mut seen = 0;
    let mut explained = (!kind.is_of_model()).then(|| Explained::new(shape));
    let mut first_window = Vec::new();
    // A row that is a window of its own is no part of a stretch.
    let stretches = shape.window > 1 && matches!(windows, NormalData::Rows(_));
    let width = fit.with_covariance().filter(|_| stretches).map(<[f64]>::len);
    let mut gathered = width.and_then(Gathered::new);
    let holes = windows.each(|&Example { part, window, rows, .. }, _| {
        if first_window.is_empty() && part != FoldPart::Odd {
            first_window.extend_from_slice(window);
        }
        let FoldPart::Fold(fold) = part else { return Ok(()) };
        let Some((reconstruction, latent)) = by.run(fold, window)? else { return Ok(()) };
        if let Some(explained) = &mut explained {
            explained.add(window, reconstruction);
        }
        fit.add(window, reconstruction, latent)?;
        for (_, other) in others.iter_mut().enumerate().filter(|&(at, _)| at != part_of(seen)) {
            other.add(window, reconstruction, latent)?;
        }
        seen += 1;
        if let (Some(gathered), Some(values)) = (&mut gathered, fit.with_covariance()) {
            gathered.add(values, rows, fold);
        }
        Ok(())
    })?;
    let score = fit.finish()?;
    let mut scorer = Scorer::new(&score, shape);
    let mut by_part = Vec::new();
    for other in &others {
        by_part.push(Scorer::new(&other.finish()?, shape));
    }
    let stride = count.div_ceil(MOST_SCORES).max(1);
    let (mut scores, mut number) = (Vec::new(), 0u64);
    let (mut scored, mut at) = (Vec::new(), 0u64);
    let mut examples = Vec::new();
    let each = (count / sensitivity::WINDOWS).max(1);
    let is_rows = matches!(windows, NormalData::Rows(_));
    let mut usual = (drift && is_rows).then(|| Gatherer::new(shape, pace, count));
    // Where rows are few, the model knows them too well: their errors are small beyond what is usual, which is odd, too.
    let tells = is_rows && scale.smoothed && others.is_empty();
    let mut whole = tells.then(|| Whole::new(smooth, stride));
    windows.each(|example, smoother| {
        let &Example { part, window, rows, .. } = example;
        at += 1;
        if let Some(whole) = &mut whole {
            whole.add(example, by, &mut scorer)?;
        }
        let FoldPart::Fold(fold) = part else { return Ok(()) };
        let Some((reconstruction, latent)) = by.run(fold, window)? else { return Ok(()) };
        let scorer = by_part.get_mut(part_of(number)).unwrap_or(&mut scorer);
        let score = scorer.score(window, reconstruction, latent)?;
        usual.iter_mut().for_each(|usual| usual.window(example, score));
        let smoothed = smoother.push(score);
        if number.is_multiple_of(stride) {
            scores.push(smoothed);
            scored.push((smoothed, at - 1, rows.1));
        }
        if stretches && number % each == each / 2 {
            examples.push((fold, window.to_vec()));
        }
        number += 1;
        Ok(())
    })?;
    if let Some(usual) = &mut usual {
        windows.readings(|example| usual.readings(example))?;
    }
    scored.sort_by(|(a, ..), (b, ..): &(f64, u64, u64)| a.total_cmp(b));
    let whole = whole.filter(|whole| whole.is_like(&scores));
    let largest = whole.map_or(0.0, |whole| whole.largest());
    let scale = Scale { largest, ..scale.every(stride).with_score(&score) };
    let peaks = Peaks::of(&scores, scale.apart);
    let threshold = threshold::find(rule, scale, &mut scores)?;
    let expected = peaks.map(|peaks| FalseAlarms::of(&peaks, scale, threshold.value));
    let by_work = by.work(shape.window * shape.channels, latent);
    let sensitivity = Trial {
        by: &mut *by,
        scorer: &mut scorer,
        shape,
        pace,
        smooth,
        threshold: threshold.value,
        windows: &examples,
        work: by_work,
    };
    let sensitivity = sensitivity.find()?;
    let above = scores.iter().filter(|&&s| s > threshold.value).count();
    let lone = !stretches && !scale.smoothed && matches!(windows, NormalData::Rows(_));
    let over = scored.iter().filter(|(score, ..)| lone && *score > threshold.value);
    let mut above_rows: Vec<u64> = over.map(|&(.., row)| row).collect();
    above_rows.sort_unstable();
    let scored = scored.into_iter().map(|(_, window, _)| window).collect();
    let exceeding = above as f64 / scores.len().max(1) as f64;
    let explained = explained.map(|explained| explained.share());
    let folds = by.folds();
    Ok(Judgement {
        score,
        threshold,
        first_window,
        sensitivity,
        exceeding,
        explained,
        folds,
        holes,
        scores,
        scored,
        expected,
        above: above_rows,
        gathered,
        usual,
    })
}

/// Squared errors beside squared distances from each channel's mean.
struct Explained {
    shape: WindowShape,
    count: f64,
    errors: f64,
    squares: f64,
    sums: Vec<f64>,
}

impl Explained {
    fn new(shape: WindowShape) -> Self {
        Self { shape, count: 0.0, errors: 0.0, squares: 0.0, sums: vec![0.0; shape.channels] }
    }

    fn add(&mut self, window: &[f32], reconstruction: &[f32]) {
        self.count += self.shape.window as f64;
        for (at, (&x, &y)) in window.iter().zip(reconstruction).enumerate() {
            let (x, y) = (f64::from(x), f64::from(y));
            self.errors += (x - y).powi(2);
            self.squares += x * x;
            if let Some(sum) = self.sums.get_mut(self.shape.channel(at)) {
                *sum += x;
            }
        }
    }

    fn share(&self) -> f64 {
        let means: f64 = self.sums.iter().map(|sum| sum * sum / self.count).sum();
        let variance = self.squares - means;
        if variance > 0.0 { 1.0 - self.errors / variance } else { 0.0 }
    }
}

/// Runs the first window through the finished model.
pub(super) fn golden(
    session: &mut Session,
    score: &ScoreSpec,
    shape: WindowShape,
    input: Vec<f32>,
) -> Result<Golden, FitError> {
    let mut out = Reconstruction::default();
    session.run(&input, 1, &mut out)?;
    let score = Scorer::new(score, shape).score(&input, &out.values, &out.latent)?;
    Ok(Golden { input, output: out.values, score })
}
