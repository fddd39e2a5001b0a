//! The NAB score: early alarms in a window earn more, false ones cost by their distance from it.
//!
//! In: the scores of each file of a corpus and its anomaly windows as row ranges. Out: the score on a
//! scale where no alarms at all is 0 and every window alarmed on its first row, with no false alarm, is
//! 100; below 0 is possible. Source: Lavin & Ahmad 2015, arXiv:1510.03336, and NAB's sweep scorer.
//!
//! With sigma(y) = 2 / (1 + e^5y) - 1:
//! - the best alarm in a window w rows wide earns sigma(-(rows to its end + 1) / w) / sigma(-1);
//!   a window without one costs the profile's miss weight;
//! - each alarmed row outside costs the profile's false-alarm weight times -sigma(d / (w - 1)), d rows
//!   past the end of the window before it, and the whole weight from 3 on or before the first window;
//! - the first min(15 %, 750) rows of a file are probation and are not looked at. A window that lies
//!   wholly in them is left out.

use super::error::MetricsError;
use super::events::check_ranges;
use super::labelled::all_finite;
use super::range::RowRange;

/// NAB's application profiles.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NabProfile {
    /// A false alarm costs 0.11, a miss 1.
    Standard,
    /// A false alarm costs 0.22, a miss 1.
    LowFalsePositives,
    /// A false alarm costs 0.11, a miss 2.
    LowFalseNegatives,
}

impl NabProfile {
    /// All three, in NAB's order.
    pub const ALL: [Self; 3] = [Self::Standard, Self::LowFalsePositives, Self::LowFalseNegatives];

    /// NAB's own name of it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Standard => "standard",
            Self::LowFalsePositives => "reward_low_FP_rate",
            Self::LowFalseNegatives => "reward_low_FN_rate",
        }
    }

    fn false_alarm_cost(self) -> f64 {
        match self {
            Self::Standard | Self::LowFalseNegatives => 0.11,
            Self::LowFalsePositives => 0.22,
        }
    }

    fn miss_cost(self) -> f64 {
        match self {
            Self::Standard | Self::LowFalsePositives => 1.0,
            Self::LowFalseNegatives => 2.0,
        }
    }
}

/// One file of a corpus: finite scores, and windows in order, apart and within the file.
#[derive(Clone, Copy, Debug)]
pub struct NabFile<'a> {
    scores: &'a [f64],
    windows: &'a [RowRange],
}

impl<'a> NabFile<'a> {
    /// `scores`, one a row (higher is worse), and anomaly `windows`. To score alarms instead of scores,
    /// give 1.0 and 0.0 and a threshold of 0.5.
    ///
    /// # Errors
    /// A score that is not finite; windows out of order, overlapping or past the last row.
    pub fn new(scores: &'a [f64], windows: &'a [RowRange]) -> Result<Self, MetricsError> {
        all_finite("score", scores)?;
        check_ranges(windows, scores.len())?;
        Ok(Self { scores, windows })
    }

    /// Rows at the start of the file that are not scored: min(15 %, 750).
    pub fn probation_rows(&self) -> usize {
        (self.scores.len() * 15 / 100).min(750)
    }
}

/// The score of a corpus at one threshold.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NabScore {
    /// 0 is no alarms, 100 is perfect; may be negative.
    pub score: f64,
    /// Rows at or above it are alarmed. Infinite when raising no alarm at all scores best.
    pub threshold: f64,
    /// Windows that can be found.
    pub windows: usize,
    /// Windows with an alarmed row.
    pub windows_hit: usize,
    /// Alarmed rows outside windows.
    pub false_alarm_rows: usize,
}

/// A row after probation: what alarming it earns (or costs, below 0) before the profile's weights.
struct NabRow {
    score: f64,
    gain: f64,
    /// Its window, counted over the whole corpus; `None` outside.
    window: Option<usize>,
}

/// The NAB score at a threshold fixed beforehand; rows at or above it are alarmed.
///
/// `None` when the corpus has no windows that can be found.
pub fn nab_at(files: &[NabFile], profile: NabProfile, threshold: f64) -> Option<NabScore> {
    let (rows, windows) = corpus_rows(files);
    let mut counts = NabCounts::new(windows, profile);
    rows.iter().filter(|row| row.score >= threshold).for_each(|row| counts.alarm(row));
    counts.score(threshold)
}

/// Oracle by NAB's design: the score at the threshold that is best for this very corpus. Of several
/// equally good thresholds, the highest. Report [`nab_at`] a fixed threshold beside it.
///
/// `None` when the corpus has no windows that can be found.
pub fn nab_best(files: &[NabFile], profile: NabProfile) -> Option<NabScore> {
    let (mut rows, windows) = corpus_rows(files);
    rows.sort_by(|a, b| b.score.total_cmp(&a.score));
    let mut counts = NabCounts::new(windows, profile);
    let mut best = counts.score(f64::INFINITY)?;
    for group in rows.chunk_by(|a, b| a.score == b.score) {
        group.iter().for_each(|row| counts.alarm(row));
        if let Some(first) = group.first()
            && let Some(now) = counts.score(first.score)
            && now.score > best.score
        {
            best = now;
        }
    }
    Some(best)
}

/// What the alarmed rows have come to so far.
struct NabCounts {
    profile: NabProfile,
    /// Best gain in each window.
    best: Vec<Option<f64>>,
    /// Over the windows hit, what they earn above a miss.
    window_gain: f64,
    windows_hit: usize,
    false_gain: f64,
    false_alarm_rows: usize,
}

impl NabCounts {
    fn new(windows: usize, profile: NabProfile) -> Self {
        Self {
            profile,
            best: vec![None; windows],
            window_gain: 0.0,
            windows_hit: 0,
            false_gain: 0.0,
            false_alarm_rows: 0,
        }
    }

    fn alarm(&mut self, row: &NabRow) {
        let Some(window) = row.window else {
            self.false_gain += row.gain * self.profile.false_alarm_cost();
            self.false_alarm_rows += 1;
            return;
        };
        match &mut self.best[window] {
            Some(best) if row.gain <= *best => {}
            Some(best) => {
                self.window_gain += row.gain - *best;
                *best = row.gain;
            }
            none => {
                self.window_gain += row.gain + self.profile.miss_cost();
                self.windows_hit += 1;
                *none = Some(row.gain);
            }
        }
    }

    /// Raw score above that of no alarms.
    fn total_gain(&self) -> f64 {
        self.window_gain + self.false_gain
    }

    fn score(&self, threshold: f64) -> Option<NabScore> {
        let windows = self.best.len();
        let perfect = windows as f64 * (1.0 + self.profile.miss_cost());
        (windows > 0).then(|| NabScore {
            score: 100.0 * self.total_gain() / perfect,
            threshold,
            windows,
            windows_hit: self.windows_hit,
            false_alarm_rows: self.false_alarm_rows,
        })
    }
}

/// The scored rows of all files, and the number of windows that have one.
fn corpus_rows(files: &[NabFile]) -> (Vec<NabRow>, usize) {
    let mut rows = Vec::with_capacity(files.iter().map(|f| f.scores.len()).sum());
    let mut windows = 0;
    for file in files {
        windows += file_rows(file, windows, &mut rows);
    }
    (rows, windows)
}

/// Appends the scored rows of `file`; its windows are numbered from `first_window`. Returns how many.
fn file_rows(file: &NabFile, first_window: usize, rows: &mut Vec<NabRow>) -> usize {
    let probation = file.probation_rows();
    let mut found = 0;
    let mut previous: Option<RowRange> = None;
    let mut ahead = file.windows.iter().peekable();
    // Windows in probation are not scored, but a false alarm is measured from the last of them.
    while let Some(window) = ahead.next_if(|w| w.last() < probation) {
        previous = Some(*window);
    }
    for (row, score) in file.scores.iter().enumerate().skip(probation) {
        let score = *score;
        match ahead.peek() {
            Some(window) if window.first() <= row => {
                let window = **window;
                let gain = gain_inside(&window, row);
                rows.push(NabRow { score, gain, window: Some(first_window + found) });
                if row == window.last() {
                    found += 1;
                    previous = Some(window);
                    ahead.next();
                }
            }
            _ => rows.push(NabRow {
                score,
                gain: gain_outside(previous.as_ref(), row),
                window: None,
            }),
        }
    }
    found
}

fn gain_inside(window: &RowRange, row: usize) -> f64 {
    let place = (window.last() - row + 1) as f64 / window.rows() as f64;
    sigma(-place) / sigma(-1.0)
}

fn gain_outside(previous: Option<&RowRange>, row: usize) -> f64 {
    let Some(window) = previous else { return -1.0 };
    // NAB divides by the width less one. A window of one row would be a division by zero there.
    let width = (window.rows() - 1).max(1);
    let distance = (row - window.last()) as f64 / width as f64;
    if distance >= 3.0 { -1.0 } else { sigma(distance) }
}

/// From 1 far before the end of a window, through 0 at it, to -1 far past it.
fn sigma(position: f64) -> f64 {
    2.0 / (1.0 + (5.0 * position).exp()) - 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const STANDARD: NabProfile = NabProfile::Standard;

    /// 100 rows, 15 of them probation, one window at rows 50..=59, alarms where `alarmed`.
    fn score(alarmed: &[usize], profile: NabProfile) -> NabScore {
        let mut scores = vec![0.0; 100];
        alarmed.iter().for_each(|row| scores[*row] = 1.0);
        let windows = [RowRange::new(50, 59).unwrap()];
        nab_at(&[NabFile::new(&scores, &windows).unwrap()], profile, 0.5).unwrap()
    }

    fn close(got: f64, want: f64) {
        assert!((got - want).abs() < 1e-12, "{got}, not {want}");
    }

    #[test]
    fn no_alarms_is_0_and_perfect_is_100() {
        for profile in NabProfile::ALL {
            close(score(&[], profile).score, 0.0);
            close(score(&[50], profile).score, 100.0);
        }
    }

    #[test]
    fn only_the_earliest_alarm_of_a_window_counts() {
        close(score(&[50, 51, 59], STANDARD).score, 100.0);
        let late = score(&[59], STANDARD);
        close(late.score, 100.0 * (1.0 + sigma(-0.1) / sigma(-1.0)) / 2.0);
        assert_eq!((late.windows_hit, late.false_alarm_rows), (1, 0));
    }

    #[test]
    fn false_alarms_cost_by_distance_and_profile() {
        close(score(&[50, 40], STANDARD).score, 100.0 - 5.5);
        close(score(&[50, 40], NabProfile::LowFalsePositives).score, 100.0 - 11.0);
        close(score(&[50, 40], NabProfile::LowFalseNegatives).score, 100.0 - 11.0 / 3.0);
        // 9 rows past the end is one width less one; 27 rows past it is three.
        close(score(&[50, 68], STANDARD).score, 100.0 + 5.5 * sigma(1.0));
        close(score(&[50, 86], STANDARD).score, 100.0 - 5.5);
        assert_eq!(score(&[40, 68, 86], STANDARD).false_alarm_rows, 3);
        close(sigma(1.0), -0.986_614_298_151_430_3);
    }

    #[test]
    fn probation_is_not_looked_at() {
        close(score(&[0, 14, 50], STANDARD).score, 100.0);
        close(score(&[15, 50], STANDARD).score, 100.0 - 5.5);
        let many = vec![0.0; 6000];
        assert_eq!(NabFile::new(&many, &[]).unwrap().probation_rows(), 750);
        let inside = [RowRange::new(3, 9).unwrap()];
        let file = NabFile::new(&many[..100], &inside).unwrap();
        assert_eq!(nab_at(&[file], STANDARD, 0.5), None);
        let across = [RowRange::new(3, 20).unwrap()];
        let file = NabFile::new(&many[..100], &across).unwrap();
        assert_eq!(nab_at(&[file], STANDARD, 0.5).unwrap().windows, 1);
    }

    #[test]
    fn best_threshold_is_found_over_all_files() {
        let windows = [RowRange::new(50, 59).unwrap()];
        let (mut one, mut two) = (vec![0.0; 100], vec![0.0; 100]);
        (one[30], one[50], one[80]) = (0.2, 0.9, 0.4);
        (two[30], two[51]) = (0.3, 0.7);
        // Changes nothing, so the higher of the two thresholds is taken.
        one[55] = 0.6;
        let files = [NabFile::new(&one, &windows).unwrap(), NabFile::new(&two, &windows).unwrap()];
        for profile in NabProfile::ALL {
            let best = nab_best(&files, profile).unwrap();
            assert_eq!(best.threshold, 0.7);
            assert_eq!((best.windows, best.windows_hit, best.false_alarm_rows), (2, 2, 0));
            let fixed = nab_at(&files, profile, best.threshold).unwrap();
            close(best.score, fixed.score);
        }
    }

    #[test]
    fn when_every_alarm_costs_more_than_it_earns_none_is_raised() {
        let windows = [RowRange::new(50, 50).unwrap()];
        let flat = vec![1.0; 100];
        let best = nab_best(&[NabFile::new(&flat, &windows).unwrap()], STANDARD).unwrap();
        assert_eq!((best.threshold, best.score), (f64::INFINITY, 0.0));
        assert_eq!((best.windows_hit, best.false_alarm_rows), (0, 0));
    }

    #[test]
    fn bad_files_are_refused() {
        let window = |first, last| RowRange::new(first, last).unwrap();
        assert!(NabFile::new(&[f64::NAN], &[]).is_err());
        assert!(NabFile::new(&[0.0; 5], &[window(4, 5)]).is_err());
        assert!(NabFile::new(&[0.0; 5], &[window(2, 3), window(0, 1)]).is_err());
        assert_eq!(nab_best(&[], STANDARD), None);
    }
}
