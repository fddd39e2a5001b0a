//! Puts the parts of the page in the order in which they are read: what came out, what to beware of, the charts, who
//! is to blame, what happened.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::bands::{Band, BandKind, bands};
use super::blame::blame;
use super::data::{Report, StreamLines};
use super::panel::{Line, Panel};
use super::policy::policy;
use super::tables;
use crate::chart::{
    Along, Axis, ChartColour, ChartError, STYLE, Scale, Tick, clean, count, dark_rules, padded,
    shorten,
};

const OWN_STYLE: &str = include_str!("report.css");
const SCRIPT: &str = include_str!("zoom.js");
/// Channels with a chart of their own.
const PANELS: usize = 64;
/// Ratios that differ by more than this factor are drawn by powers of ten.
const WIDE: f64 = 50.0;

/// A page in the making.
struct Drawn<'a> {
    report: &'a Report,
    x: (f64, f64),
    ticks: Vec<Tick>,
    /// Indices of the channels that are drawn.
    channels: Vec<usize>,
}

impl Report {
    /// The page, in UTF-8: readable without its script, in light and dark, on paper.
    ///
    /// # Errors
    /// When the drawing library gives up.
    pub fn html(&self) -> Result<String, ChartError> {
        let title = shorten(&self.title, 200);
        let blamed = blame(&self.events);
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    meta http-equiv="Content-Security-Policy" content=(policy(SCRIPT));
                    title { (title) }
                    style { (PreEscaped(STYLE)) (PreEscaped(OWN_STYLE)) (PreEscaped(colours())) (PreEscaped(dark_rules())) }
                }
                body {
                    main {
                        header {
                            h1 { (title) }
                            p.verdict { (clean(&self.verdict)) }
                        }
                        (tables::facts(&self.facts))
                        (tables::warnings(&self.warnings))
                        (charts(self)?)
                        @if !blamed.is_empty() {
                            section { h2 { "Blame by channel" } (tables::blame(&blamed)) }
                        }
                        section {
                            h2 { "Events" }
                            @if self.events.is_empty() { p.lead { "Nothing happened." } }
                            @else { (tables::events(self)) }
                        }
                    }
                    script { (PreEscaped(SCRIPT)) }
                }
            }
        };
        Ok(page.into_string())
    }
}

/// Colours of what is no drawing, and of the edges of bands.
fn colours() -> String {
    let pairs = [
        ("axis", ChartColour::Axis),
        ("grid", ChartColour::Grid),
        ("blame", ChartColour::Blue),
        ("reading", ChartColour::Blue),
        ("answer", ChartColour::Orange),
        (BandKind::Alert.variable(), BandKind::Alert.colour()),
        (BandKind::Sensor.variable(), BandKind::Sensor.colour()),
        (BandKind::Drift.variable(), BandKind::Drift.colour()),
        (BandKind::Rows.variable(), BandKind::Rows.colour()),
    ];
    let all = |dark: bool| -> String {
        let of = |(name, role): (&str, ChartColour)| format!("--{name}:{};", role.hex(dark));
        pairs.into_iter().map(of).collect()
    };
    let edges = BandKind::ALL.map(|kind| {
        let (name, fill) = (kind.variable(), kind.colour().hex(false));
        format!(".view rect[fill=\"{fill}\"]{{stroke:var(--{name})}}\n")
    });
    format!(
        ":root{{{}}}\n@media screen and (prefers-color-scheme: dark){{:root{{{}}}}}\n{}",
        all(false),
        all(true),
        edges.concat()
    )
}

fn charts(report: &Report) -> Result<Markup, ChartError> {
    let Some((from, to)) = report.ends() else { return Ok(Markup::default()) };
    let x = if to > from { (from, to) } else { (from - 0.5, from + 0.5) };
    let (along, origin) = match report.along {
        Along::Rows => ("rows", None),
        Along::Seconds => ("seconds", None),
        Along::Dated(time) => ("dated", Some(time.0 as f64 / 1e9)),
    };
    let drawn = Drawn {
        report,
        x,
        // As many as a telephone has room for; the script knows better.
        ticks: report.along.ticks(x, 4),
        channels: shown(report),
    };
    let hidden = report.channels.len().saturating_sub(drawn.channels.len());
    let streams = report.streams.iter().map(|stream| drawn.stream(stream));
    let streams = streams.collect::<Result<Vec<_>, _>>()?;
    let acts = [("in", "+"), ("out", "−"), ("back", "←"), ("on", "→"), ("all", "whole")];
    let names = ["look closer", "look from afar", "earlier", "later", "all of it"];
    Ok(html! {
        section #charts data-from=(x.0) data-to=(x.1) data-along=(along) data-origin=[origin] {
            h2 { "What was seen" }
            (legend(report))
            div #zoom hidden {
                @for ((act, sign), name) in acts.iter().zip(names) {
                    button type="button" data-act=(act) title=(name) aria-label=(name) { (sign) }
                }
                output {}
            }
            @for stream in streams { (stream) }
            @if hidden > 0 {
                p.small { (count(hidden, "channel is", "channels are")) " not drawn; those that alerts name come first." }
            }
            @if report.more_streams > 0 {
                p.small { (report.more_streams) " more streams have no charts; their events are below." }
            }
            p.small { "Along the axes: " (report.along.name()) ". Drag over a chart to look closer." }
        }
    })
}

/// Channels in their order; where they are too many, those that alerts name.
fn shown(report: &Report) -> Vec<usize> {
    let blamed = blame(&report.events);
    let rank = |at: &usize| {
        let name = report.channels.get(*at).map(|channel| channel.name.as_str());
        blamed.iter().position(|blame| Some(blame.channel.as_str()) == name).unwrap_or(usize::MAX)
    };
    let mut all: Vec<usize> = (0..report.channels.len()).collect();
    all.sort_by_key(rank);
    all.truncate(PANELS);
    all.sort_unstable();
    all
}

fn legend(report: &Report) -> Markup {
    let answers = report.streams.iter().any(|stream| stream.answers.ends().is_some());
    let thinned = report.streams.iter().any(|stream| stream.answers.is_thinned());
    let line = |name: &str, colour: &str| {
        html! {
            li { i.line style=(format!("border-color:var(--{colour})")) {} (name) }
        }
    };
    let band = |kind: BandKind| {
        html! {
            @let colour = kind.variable();
            li {
                i.band style=(format!("border-color:var(--{colour});background:color-mix(in srgb, var(--{colour}) 20%, transparent)")) {}
                (kind.name())
            }
        }
    };
    html! {
        ul.legend {
            (line(if thinned { "reading: between smallest and largest" } else { "reading" }, "reading"))
            @if answers {
                (line(if thinned { "reconstruction: between two lines" } else { "reconstruction" }, "answer"))
            }
            (line("threshold", "alert"))
            (band(BandKind::Alert))
            (band(BandKind::Sensor))
            (band(BandKind::Drift))
            (band(BandKind::Rows))
        }
    }
}

impl Drawn<'_> {
    fn stream(&self, stream: &StreamLines) -> Result<Markup, ChartError> {
        let bands = bands(&self.report.events, &stream.name, self.x.1);
        let mut panels = vec![self.ratio(stream, &bands)?];
        for &channel in &self.channels {
            panels.push(self.channel(stream, channel, &bands)?);
        }
        Ok(html! {
            @if !stream.name.is_empty() { h3 { (shorten(&stream.name, 120)) } }
            @for panel in panels { (panel) }
        })
    }

    fn ratio(&self, stream: &StreamLines, bands: &[Band]) -> Result<Markup, ChartError> {
        let raise = self.report.raise;
        // That of a channel is drawn beside the channel.
        let is_of_stream = |band: &&Band| band.kind != BandKind::Drift || band.channel.is_none();
        let y = stream.ratio.range(0).map(|(low, high)| {
            let (low, high) = (low.min(raise), high.max(raise));
            let wide = low > 0.0 && high / low > WIDE && high > 10.0 * raise;
            // What is far below the threshold is not worth the room.
            let low = low.max(raise / 100.0);
            match wide {
                true => Axis::new("", Scale::Log, (low / 1.1, high.min(1e99) * 1.3), 4),
                false => Axis::new("", Scale::Linear, (0.0, high.min(1e99) * 1.08), 4),
            }
        });
        Panel {
            title: "ratio: smoothed score over threshold",
            alt: "Ratio of score and threshold over time".into(),
            x: self.x,
            ticks: &self.ticks,
            y,
            lines: vec![Line::of(&stream.ratio, 0, ChartColour::Ink, true)],
            bands: bands
                .iter()
                .filter(|band| band.kind != BandKind::Sensor)
                .filter(is_of_stream)
                .collect(),
            levels: vec![(raise, ChartColour::Vermillion)],
        }
        .markup()
    }

    fn channel(
        &self,
        stream: &StreamLines,
        channel: usize,
        bands: &[Band],
    ) -> Result<Markup, ChartError> {
        let name = self.report.channels.get(channel).map_or("", |c| c.name.as_str());
        let ranges = [stream.readings.range(channel), stream.answers.range(channel)];
        let both = ranges.into_iter().flatten().reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)));
        let y = both.map(|range| Axis::new("", Scale::Linear, padded(range, 0.1), 4));
        let own = |band: &&Band| match (&band.channel, band.kind) {
            (Some(own), _) => own == name,
            // That of the score is drawn beside the ratio.
            (None, kind) => kind != BandKind::Drift,
        };
        Panel {
            title: &shorten(name, 80),
            alt: format!("{}: readings and reconstruction over time", shorten(name, 80)),
            x: self.x,
            ticks: &self.ticks,
            y,
            lines: vec![
                Line::of(&stream.readings, channel, ChartColour::Blue, true),
                Line::of(&stream.answers, channel, ChartColour::Orange, false),
            ],
            bands: bands.iter().filter(own).collect(),
            levels: Vec::new(),
        }
        .markup()
    }
}
