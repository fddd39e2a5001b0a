//! What a profile says of what was seen of its channels: a profile goes in, or an error comes out that names the field.

use alloc::format;

use super::field::{ProfileError, bad, ensure};
use crate::profile::document::Profile;
use crate::profile::drift::{DriftSpec, Usual};
use crate::profile::unprecedented::{Extent, Precedent, UnprecedentedSpec};

pub(super) fn unprecedented(p: &Profile) -> Result<(), ProfileError> {
    let Some(UnprecedentedSpec { learned_s, channels }) = &p.unprecedented else { return Ok(()) };
    ensure(channels.len() == p.channels.len(), "unprecedented.channels", || {
        format!("are {}, but there are {} channels", channels.len(), p.channels.len())
    })?;
    ensure(learned_s.is_finite() && *learned_s >= 0.0, "unprecedented.learned_s", || {
        format!("is {learned_s}, but must be zero or more")
    })?;
    let is_slow = UnprecedentedSpec::is_for(p.period_s) && p.features.is_none();
    ensure(is_slow, "unprecedented", || {
        format!("is for rows that come every {} s or slower", UnprecedentedSpec::SLOW_S)
    })?;
    for (channel, seen) in p.channels.iter().zip(channels) {
        if !seen.as_ref().is_none_or(is_good) {
            return Err(bad(
                format!("unprecedented of channel {:?}", channel.name),
                "must have finite numbers, low before high, and neither noise nor shift below zero",
            ));
        }
    }
    Ok(())
}

fn is_good(Precedent { level, day, shift }: &Precedent) -> bool {
    is_extent(level)
        && day.as_ref().is_none_or(is_extent)
        && shift.is_none_or(|shift| shift.is_finite() && shift >= 0.0)
}

fn is_extent(&Extent { low, high, noise }: &Extent) -> bool {
    // The width has to be finite, too.
    (high - low).is_finite() && low <= high && noise.is_finite() && noise >= 0.0
}

pub(super) fn drift(p: &Profile) -> Result<(), ProfileError> {
    let Some(DriftSpec { rows, channels, score }) = &p.drift else { return Ok(()) };
    ensure(channels.len() == p.channels.len(), "drift.channels", || {
        format!("are {}, but there are {} channels", channels.len(), p.channels.len())
    })?;
    ensure(*rows >= 1, "drift.rows", || "is 0, but must be 1 or more".into())?;
    let must = "must have a mean up to 1e30, up to nine such marks that rise, each with a share between 0 and 1 that rises too, and a limit above 0 and up to 1";
    for (channel, usual) in p.channels.iter().zip(channels) {
        if !usual.as_ref().is_none_or(is_usual) {
            return Err(bad(format!("drift of channel {:?}", channel.name), must));
        }
    }
    ensure(score.as_ref().is_none_or(is_usual), "drift.score", || must.into())
}

fn is_usual(Usual { mean, marks, limit }: &Usual) -> bool {
    let rises = |pair: &[(f64, f64)]| match pair {
        [(low, less), (high, more)] => low < high && less < more,
        _ => true,
    };
    let is_number = |value: f64| value.abs() <= Usual::MOST;
    let is_mark = |&(mark, share): &(f64, f64)| is_number(mark) && share > 0.0 && share < 1.0;
    is_number(*mean)
        && (1..=Usual::MOST_MARKS).contains(&marks.len())
        && marks.iter().all(is_mark)
        && marks.windows(2).all(rises)
        && *limit > 0.0
        && *limit <= 1.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds() {
        let good = Extent { low: -1.0, high: 1.0, noise: 0.0 };
        assert!(is_extent(&good) && is_extent(&Extent { low: 1.0, ..good }));
        for bad in [
            Extent { low: 1.5, ..good },
            Extent { noise: -0.1, ..good },
            Extent { high: f64::INFINITY, ..good },
            Extent { low: f64::NAN, ..good },
            Extent { low: f64::MIN, high: f64::MAX, ..good },
        ] {
            assert!(!is_extent(&bad), "{bad:?}");
        }
    }
}
