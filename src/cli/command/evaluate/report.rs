//! Judged rows go in; all metrics of the program and of the baselines come out, as one document.

use oddity::metrics::{
    self, AlarmEdges, Confusion, Detections, Labelled, NabFile, NabProfile, RowRange,
};
use serde::Serialize;

use super::operation::{self, BlamedChannel, CostPoint, row_clock};
use super::series::Series;

/// Everything that `evaluate` says.
#[derive(Debug, Serialize)]
pub(super) struct EvaluateReport {
    /// Streams, mostly one a file.
    pub(super) streams: usize,
    pub(super) rows: usize,
    pub(super) trained_rows: u64,
    pub(super) unscored_rows: u64,
    pub(super) events: usize,
    pub(super) anomaly_rate: Option<f64>,
    /// Rows of the future that a score may use.
    pub(super) look_ahead: u32,
    pub(super) vus_buffer: usize,
    pub(super) seed: u64,
    /// Score, smoothing, threshold rule.
    pub(super) rule: String,
    pub(super) detectors: Vec<DetectorReport>,
    /// What other thresholds would find, and at what price.
    pub(super) cost_curve: Vec<CostPoint>,
    /// Whom the alerts blame.
    pub(super) blamed: Vec<BlamedChannel>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) by_stream: Vec<StreamReport>,
}

/// What one detector reached. Undefined figures are null.
#[derive(Debug, Serialize)]
pub(super) struct DetectorReport {
    pub(super) name: &'static str,
    pub(super) f1: Option<f64>,
    /// The middle 95 of 100 draws from the events.
    pub(super) f1_low: Option<f64>,
    pub(super) f1_high: Option<f64>,
    pub(super) f1_stream_mean: Option<f64>,
    pub(super) precision: Option<f64>,
    pub(super) recall: Option<f64>,
    /// Chosen with a look at the labels: not a result.
    pub(super) best_f1_oracle: Option<f64>,
    pub(super) far_percent: Option<f64>,
    pub(super) mar_percent: Option<f64>,
    pub(super) roc_auc: Option<f64>,
    pub(super) pr_auc: Option<f64>,
    pub(super) vus_roc_stream_mean: Option<f64>,
    pub(super) vus_pr_stream_mean: Option<f64>,
    pub(super) events_found: u64,
    pub(super) events_already_on: u64,
    pub(super) delay_s_median: Option<f64>,
    pub(super) delay_s_p90: Option<f64>,
    pub(super) delay_s_max: Option<f64>,
    pub(super) delay_rows_median: Option<f64>,
    pub(super) delay_rows_max: Option<f64>,
    pub(super) false_alarms: u64,
    pub(super) false_alarms_per_day: Option<f64>,
    pub(super) false_alarms_per_week: Option<f64>,
    pub(super) false_alarms_per_1000_rows: Option<f64>,
    pub(super) nab: Vec<Nab>,
}

/// NAB score by one cost profile.
#[derive(Debug, Serialize)]
pub(super) struct Nab {
    pub(super) profile: &'static str,
    /// Of the alerts: one detection for each that was raised.
    pub(super) alerts_raised: Option<f64>,
    /// Of the alerts and of what is said of a channel by itself: it is unprecedented, implausible or frozen, or what
    /// never moved has changed.
    pub(super) with_events: Option<f64>,
    /// Of each row above a threshold, the one that is best for these very files: how NAB publishes
    /// its figures.
    pub(super) rows_best_oracle: Option<f64>,
}

/// One stream, by the program's rule.
#[derive(Debug, Serialize)]
pub(super) struct StreamReport {
    pub(super) stream: String,
    pub(super) rows: usize,
    pub(super) f1: Option<f64>,
    pub(super) far_percent: Option<f64>,
    pub(super) mar_percent: Option<f64>,
    pub(super) roc_auc: Option<f64>,
    pub(super) alarms: u64,
}

/// Scores and alarms of one detector on one file.
struct Track<'a> {
    series: &'a Series,
    score: Vec<f64>,
    alarm: Vec<bool>,
    /// Over all rows of the file, for NAB; none for baselines that NAB says nothing about.
    whole: Option<(Vec<f64>, Vec<bool>)>,
}

pub(super) fn report(
    series: &[Series],
    vus_buffer: usize,
    seed: u64,
    by_stream: bool,
) -> anyhow::Result<EvaluateReport> {
    let rows: usize = series.iter().map(|s| s.label.len()).sum();
    let odd: usize = series.iter().flat_map(|s| &s.label).filter(|&&odd| odd).count();
    let alarms: usize = series.iter().flat_map(|s| &s.alarm).filter(|&&on| on).count();
    let alarm_share = alarms as f64 / rows.max(1) as f64;
    let mut rules: Vec<&str> = series.iter().map(|s| s.rule.as_str()).collect();
    rules.dedup();
    let detectors = vec![
        detector("oddity", &own(series), (vus_buffer, seed))?,
        detector("always-on", &constant(series, metrics::always_on), (vus_buffer, seed))?,
        detector("never-on", &constant(series, metrics::never_on), (vus_buffer, seed))?,
        detector("random", &random(series, seed, alarm_share), (vus_buffer, seed))?,
        detector("|z|", &z(series), (vus_buffer, seed))?,
    ];
    Ok(EvaluateReport {
        streams: series.len(),
        rows,
        trained_rows: series.iter().map(|s| s.trained).sum(),
        unscored_rows: series.iter().map(|s| s.unscored).sum(),
        events: series.iter().map(|s| s.ranges.len()).sum(),
        anomaly_rate: (rows > 0).then(|| odd as f64 / rows as f64),
        look_ahead: 0,
        vus_buffer,
        seed,
        rule: rules.join("; "),
        detectors,
        cost_curve: operation::curve(series)?,
        blamed: operation::blamed(series),
        by_stream: if by_stream { streams(series)? } else { Vec::new() },
    })
}

fn own(series: &[Series]) -> Vec<Track<'_>> {
    let mut tracks = baseline(series, |_, series| (series.ratio.clone(), series.alarm.clone()));
    for track in &mut tracks {
        track.whole = Some(track.series.whole.iter().copied().unzip());
    }
    tracks
}

fn constant(series: &[Series], alarm: impl Fn(usize) -> Vec<bool>) -> Vec<Track<'_>> {
    baseline(series, |_, series| {
        let alarm = alarm(series.label.len());
        (alarm.iter().map(|&on| f64::from(u8::from(on))).collect(), alarm)
    })
}

/// Alarms as often as the program did, at random.
fn random(series: &[Series], seed: u64, share: f64) -> Vec<Track<'_>> {
    baseline(series, |index, series| {
        let score = metrics::random_scores(series.label.len(), seed.wrapping_add(index as u64));
        let alarm = score.iter().map(|&s| s > 1.0 - share).collect();
        (score, alarm)
    })
}

fn z(series: &[Series]) -> Vec<Track<'_>> {
    baseline(series, |_, series| (series.z.clone(), series.z_alarm.clone()))
}

fn baseline(
    series: &[Series],
    scores: impl Fn(usize, &Series) -> (Vec<f64>, Vec<bool>),
) -> Vec<Track<'_>> {
    let mut tracks = Vec::with_capacity(series.len());
    for (index, series) in series.iter().enumerate() {
        let (score, alarm) = scores(index, series);
        tracks.push(Track { series, score, alarm, whole: None });
    }
    tracks
}

fn detector(
    name: &'static str,
    tracks: &[Track<'_>],
    (vus_buffer, seed): (usize, u64),
) -> anyhow::Result<DetectorReport> {
    let mut confusion = Confusion::default();
    let (mut found, mut in_rows) = (Detections::default(), Detections::default());
    let mut stretches = Vec::new();
    let mut edges = AlarmEdges::default();
    let (mut f1, mut vus_roc, mut vus_pr) = (Vec::new(), Vec::new(), Vec::new());
    let (mut seconds, mut timed) = (0.0, true);
    for Track { series, score, alarm, .. } in tracks {
        let counts = Confusion::count(alarm, &series.label)?;
        f1.push(counts.f1());
        confusion += counts;
        stretches.extend(metrics::stretches(alarm, &series.label, &series.ranges)?);
        // Without times, rows count the events that are found, but no delay.
        let rows = row_clock(series.label.len());
        timed &= series.seconds.is_some();
        in_rows += metrics::detections(alarm, &series.ranges, &rows)?;
        let clock: Vec<f64> = series.seconds.clone().unwrap_or(rows);
        found += metrics::detections(alarm, &series.ranges, &clock)?;
        edges += metrics::alarm_edges(alarm, &series.label)?;
        seconds += clock.last().copied().unwrap_or(0.0);
        let vus = metrics::vus(&Labelled::new(score, &series.label)?, vus_buffer);
        vus_roc.push(vus.map(|v| v.roc));
        vus_pr.push(vus.map(|v| v.pr));
    }
    let scores: Vec<f64> = tracks.iter().flat_map(|t| t.score.iter().copied()).collect();
    let labels: Vec<bool> = tracks.iter().flat_map(|t| t.series.label.iter().copied()).collect();
    let all = Labelled::new(&scores, &labels)?;
    let interval = metrics::f1_interval(&stretches, seed);
    Ok(DetectorReport {
        name,
        f1: confusion.f1(),
        f1_low: interval.map(|(low, _)| low),
        f1_high: interval.map(|(_, high)| high),
        f1_stream_mean: metrics::macro_mean(f1).mean,
        precision: confusion.precision(),
        recall: confusion.recall(),
        best_f1_oracle: metrics::best_f1(&all).map(|best| best.f1),
        far_percent: confusion.far_percent(),
        mar_percent: confusion.mar_percent(),
        roc_auc: metrics::roc_auc(&all),
        pr_auc: metrics::average_precision(&all),
        vus_roc_stream_mean: metrics::macro_mean(vus_roc).mean,
        vus_pr_stream_mean: metrics::macro_mean(vus_pr).mean,
        events_found: found.detected() as u64,
        events_already_on: found.already_on as u64,
        delay_s_median: found.delay_median().filter(|_| timed),
        delay_s_p90: found.delay_p90().filter(|_| timed),
        delay_s_max: found.delay_max().filter(|_| timed),
        delay_rows_median: in_rows.delay_median(),
        delay_rows_max: in_rows.delay_max(),
        false_alarms: edges.outside as u64,
        false_alarms_per_day: edges.false_per_day(seconds).filter(|_| timed),
        false_alarms_per_week: edges.false_per_week(seconds).filter(|_| timed),
        false_alarms_per_1000_rows: (!labels.is_empty())
            .then(|| 1000.0 * edges.outside as f64 / labels.len() as f64),
        nab: nab(tracks)?,
    })
}

fn nab(tracks: &[Track<'_>]) -> anyhow::Result<Vec<Nab>> {
    let mut scores: Vec<NabFile> = Vec::new();
    let mut on: Vec<(Vec<f64>, &[RowRange])> = Vec::new();
    let mut told: Vec<(Vec<f64>, &[RowRange])> = Vec::new();
    for track in tracks {
        let Some((score, alarm)) = &track.whole else { return Ok(Vec::new()) };
        let ranges = track.series.whole_ranges.as_slice();
        scores.push(NabFile::new(score, ranges)?);
        let before = std::iter::once(&false).chain(alarm);
        let raised: Vec<bool> =
            alarm.iter().zip(before).map(|(&on, &before)| on && !before).collect();
        let said = raised.iter().zip(&track.series.told).map(|(&raised, &told)| raised || told);
        let number = |on: bool| f64::from(u8::from(on));
        told.push((said.map(number).collect(), ranges));
        on.push((raised.into_iter().map(number).collect(), ranges));
    }
    let (alarms, all) = (nab_files(&on)?, nab_files(&told)?);
    let profile = |profile: NabProfile| Nab {
        profile: profile.name(),
        alerts_raised: metrics::nab_at(&alarms, profile, 0.5).map(|nab| nab.score),
        with_events: metrics::nab_at(&all, profile, 0.5).map(|nab| nab.score),
        rows_best_oracle: metrics::nab_best(&scores, profile).map(|nab| nab.score),
    };
    Ok(NabProfile::ALL.into_iter().map(profile).collect())
}

fn nab_files<'a>(detections: &'a [(Vec<f64>, &'a [RowRange])]) -> anyhow::Result<Vec<NabFile<'a>>> {
    let file = |(on, ranges): &'a (Vec<f64>, &'a [RowRange])| Ok(NabFile::new(on, ranges)?);
    detections.iter().map(file).collect()
}

fn streams(series: &[Series]) -> anyhow::Result<Vec<StreamReport>> {
    let report = |series: &Series| {
        let counts = Confusion::count(&series.alarm, &series.label)?;
        Ok(StreamReport {
            stream: series.name.clone(),
            rows: series.label.len(),
            f1: counts.f1(),
            far_percent: counts.far_percent(),
            mar_percent: counts.mar_percent(),
            roc_auc: metrics::roc_auc(&Labelled::new(&series.ratio, &series.label)?),
            alarms: metrics::alarm_edges(&series.alarm, &series.label)?.all as u64,
        })
    };
    series.iter().map(report).collect()
}
