//! Events go in; how much each channel had to do with the alerts comes out.

use super::event::ReportEvent;

/// What is known of a channel.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Blame {
    pub(super) channel: String,
    /// Mean of its shares in the scores that raised alerts, 0 to 1; events name the three largest.
    pub(super) share: f64,
    /// Alerts in which it had the largest share.
    pub(super) first: usize,
}

/// The channels that alerts name, the largest share first.
pub(super) fn blame(events: &[ReportEvent]) -> Vec<Blame> {
    let raised =
        || events.iter().filter(|event| event.kind == "raised" && !event.shares.is_empty());
    let alerts = raised().count().max(1) as f64;
    let mut all: Vec<Blame> = Vec::new();
    for (rank, (name, share)) in raised().flat_map(|event| event.shares.iter().enumerate()) {
        let known = all.iter().position(|blame| blame.channel == *name);
        let at = known.unwrap_or(all.len());
        if known.is_none() {
            all.push(Blame { channel: name.clone(), ..Blame::default() });
        }
        let Some(blame) = all.get_mut(at) else { continue };
        blame.share += share / alerts;
        blame.first += usize::from(rank == 0);
    }
    all.sort_by(|a, b| b.share.total_cmp(&a.share));
    all
}
