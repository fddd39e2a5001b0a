//! A file that `oddity detect` wrote goes in; its events come out, if they are of this model.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, bail, ensure};
use oddity::report::ReportEvent;
use oddity::terminal::printable;

/// Events with what is only counted.
#[derive(Debug, Default)]
pub(super) struct Events {
    pub(super) shown: Vec<ReportEvent>,
    /// Of these, so many are alerts, and so many others: gaps without end hide no alert.
    alerts: usize,
    others: usize,
    /// By kind.
    pub(super) more: Vec<(String, u64)>,
}

/// Alerts, and other events, that have a row of their own: a page with more is read by nobody.
const MOST: usize = 2000;

impl Events {
    pub(super) fn take(&mut self, event: ReportEvent) {
        let alert = matches!(event.kind.as_str(), "raised" | "cleared");
        let taken = if alert { &mut self.alerts } else { &mut self.others };
        if *taken < MOST {
            *taken += 1;
            return self.shown.push(event);
        }
        let kinds = self.more.len();
        match self.more.iter_mut().find(|(kind, _)| *kind == event.kind) {
            Some((_, count)) => *count += 1,
            // A file that is not trusted may have kinds without end.
            None if kinds < 50 => self.more.push((event.kind, 1)),
            None => {}
        }
    }

    pub(super) fn count(&self, kind: &str) -> u64 {
        let shown = self.shown.iter().filter(|event| event.kind == kind).count() as u64;
        let more = self.more.iter().filter(|(own, _)| own == kind).map(|(_, count)| count);
        shown + more.sum::<u64>()
    }
}

pub(super) fn read(path: &Path, model: &str) -> anyhow::Result<Events> {
    let named = || path.display().to_string();
    let mut lines = BufReader::new(File::open(path).with_context(named)?);
    let (mut events, mut line, mut number) = (Events::default(), String::new(), 0_u64);
    loop {
        line.clear();
        number += 1;
        if lines.read_line(&mut line).with_context(named)? == 0 {
            return Ok(events);
        }
        if line.trim().is_empty() {
            continue;
        }
        let event = match ReportEvent::parse(&line) {
            Ok(Some(event)) => event,
            Ok(None) => continue,
            Err(error) => bail!("{}: line {number} {error}", path.display()),
        };
        let other = event.model.as_deref().filter(|own| *own != model);
        ensure!(
            other.is_none(),
            "{}: line {number} is an event of model {}, this is model {model}: give the model that wrote the events, or \
             leave out --events to judge the data by this one",
            path.display(),
            printable(other.unwrap_or_default())
        );
        events.take(event);
    }
}
