//! In: the text `KIND@START+DURATION[xSEVERITY][:CHANNEL]`, or its parts. Out: a [`FaultSpec`]
//! that can be simulated as it is. Never touches a reading.

use std::fmt;
use std::str::FromStr;

use super::error::SimulateError;
use super::fault::{Fault, MAX_SEVERITY};
use super::row::CHANNELS;

/// One fault, placed in time. Valid by construction; `Display` writes what `FromStr` reads.
#[derive(Debug, Clone, PartialEq)]
pub struct FaultSpec {
    fault: Fault,
    start: u64,
    duration: u64,
    severity: f64,
    channel: Option<usize>,
}

impl FaultSpec {
    /// `start` is the number of rows before the fault (its first row, counted from 0), `duration`
    /// its number of rows, at least 1. `severity` (no unit, above 0 up to [`MAX_SEVERITY`]) is 1
    /// for a fault that a maintenance engineer would act on. `channel` indexes [`CHANNELS`].
    pub fn new(
        fault: Fault,
        start: u64,
        duration: u64,
        severity: Option<f64>,
        channel: Option<usize>,
    ) -> Result<Self, SimulateError> {
        if duration == 0 {
            return Err(SimulateError::ZeroDuration { fault });
        }
        if severity.is_some() && !fault.takes_severity() {
            return Err(SimulateError::SeverityNotTaken { fault });
        }
        let severity = severity.unwrap_or(1.0);
        if !(severity > 0.0 && severity <= MAX_SEVERITY) {
            return Err(SimulateError::Severity { fault, severity });
        }
        match channel {
            Some(_) if !fault.takes_channel() => Err(SimulateError::ChannelNotTaken { fault }),
            None if fault.needs_channel() => {
                Err(SimulateError::ChannelNeeded { fault, possible: channel_names() })
            }
            Some(index) if index >= CHANNELS.len() => Err(SimulateError::UnknownChannel {
                given: index.to_string(),
                possible: channel_names(),
            }),
            _ => Ok(Self { fault, start, duration, severity, channel }),
        }
    }

    /// What goes wrong.
    pub const fn fault(&self) -> Fault {
        self.fault
    }

    /// The first faulty row, counted from 0.
    pub const fn start(&self) -> u64 {
        self.start
    }

    /// Number of faulty rows.
    pub const fn duration(&self) -> u64 {
        self.duration
    }

    /// How bad; 1 is the default.
    pub const fn severity(&self) -> f64 {
        self.severity
    }

    /// Index into [`CHANNELS`]; None for a fault of the machine or a dropout of all sensors.
    pub const fn channel(&self) -> Option<usize> {
        self.channel
    }

    /// How many of the fault's rows have come up to and with `row`; None outside the fault.
    pub(super) fn age(&self, row: u64) -> Option<u64> {
        let before = row.checked_sub(self.start)?;
        (before < self.duration).then(|| before + 1)
    }

    pub(super) fn hits(&self, channel: usize) -> bool {
        self.channel.is_none_or(|c| c == channel)
    }
}

impl fmt::Display for FaultSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}+{}", self.fault, self.start, self.duration)?;
        if self.fault.takes_severity() {
            write!(f, "x{}", self.severity)?;
        }
        match self.channel.and_then(|c| CHANNELS.get(c)) {
            Some((name, _)) => write!(f, ":{name}"),
            None => Ok(()),
        }
    }
}

impl FromStr for Fault {
    type Err = SimulateError;

    fn from_str(text: &str) -> Result<Self, SimulateError> {
        Self::ALL.into_iter().find(|fault| fault.name() == text).ok_or_else(|| {
            SimulateError::UnknownFault {
                given: text.to_owned(),
                possible: Self::ALL.map(Self::name).join(", "),
            }
        })
    }
}

impl FromStr for FaultSpec {
    type Err = SimulateError;

    fn from_str(text: &str) -> Result<Self, SimulateError> {
        let lacks =
            |what: &'static str| SimulateError::Malformed { given: text.to_owned(), lacks: what };
        let (kind, rest) = text.split_once('@').ok_or_else(|| lacks("`@START`"))?;
        let fault: Fault = kind.parse()?;
        let (rest, channel) = match rest.split_once(':') {
            Some((rest, name)) => (rest, Some(channel_index(name)?)),
            None => (rest, None),
        };
        let (start, rest) = rest.split_once('+').ok_or_else(|| lacks("`+DURATION`"))?;
        let (duration, severity) = match rest.split_once('x') {
            Some((duration, severity)) => (duration, Some(severity)),
            None => (rest, None),
        };
        let start = rows("START", start, text)?;
        let duration = rows("DURATION", duration, text)?;
        let severity = match severity {
            Some(given) => Some(given.parse().map_err(|_| number("SEVERITY", given, text))?),
            None => None,
        };
        Self::new(fault, start, duration, severity, channel)
    }
}

fn channel_index(name: &str) -> Result<usize, SimulateError> {
    CHANNELS.iter().position(|(channel, _)| *channel == name).ok_or_else(|| {
        SimulateError::UnknownChannel { given: name.to_owned(), possible: channel_names() }
    })
}

fn channel_names() -> String {
    CHANNELS.map(|(name, _)| name).join(", ")
}

/// Digits only: `u64::from_str` would also take a plus sign, and so read `1++2`.
fn rows(what: &'static str, given: &str, spec: &str) -> Result<u64, SimulateError> {
    if !given.bytes().all(|b| b.is_ascii_digit()) {
        return Err(number(what, given, spec));
    }
    given.parse().map_err(|_| number(what, given, spec))
}

fn number(what: &'static str, given: &str, spec: &str) -> SimulateError {
    SimulateError::Number { what, given: given.to_owned(), spec: spec.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<FaultSpec, SimulateError> {
        text.parse()
    }

    #[test]
    fn specs_are_read_and_written_back() {
        let spec = parse("bearing-wear@3600+1200x1.5").unwrap();
        assert_eq!(spec.fault(), Fault::BearingWear);
        assert_eq!((spec.start(), spec.duration()), (3600, 1200));
        assert_eq!((spec.severity(), spec.channel()), (1.5, None));
        let spec = parse("stuck-sensor@100+60:pressure").unwrap();
        assert_eq!((spec.severity(), spec.channel()), (1.0, Some(3)));
        for text in [
            "bearing-wear@3600+1200x1.5",
            "leak@0+1x0.25",
            "sensor-drift@7+9x2:flow",
            "dropout@5+5",
            "dropout@5+5:speed",
            "stuck-sensor@100+60:pressure",
        ] {
            assert_eq!(parse(text).unwrap().to_string(), text);
        }
    }

    #[test]
    fn age_counts_the_rows_of_the_fault() {
        let spec = parse("leak@10+3").unwrap();
        let ages: Vec<_> = (9..14).map(|row| spec.age(row)).collect();
        assert_eq!(ages, [None, Some(1), Some(2), Some(3), None]);
        let endless = format!("leak@{}+{}", u64::MAX, u64::MAX);
        assert_eq!(parse(&endless).unwrap().age(u64::MAX), Some(1));
    }

    #[test]
    fn errors_name_what_is_wrong_and_what_is_possible() {
        for (text, wants) in [
            ("", &["lacks `@START`", "KIND@START+DURATION"][..]),
            ("leak", &["lacks `@START`"]),
            ("leek@1+1", &["unknown fault `leek`", "bearing-wear, blockage"]),
            ("Leak@1+1", &["unknown fault `Leak`"]),
            ("leak@1", &["lacks `+DURATION`"]),
            ("leak@+1", &["START", "is ``"]),
            ("leak@-1+1", &["START", "is `-1`"]),
            ("leak@1++1", &["DURATION", "is `+1`"]),
            ("leak@1+", &["DURATION", "is ``"]),
            ("leak@1+99999999999999999999", &["DURATION", "99999999999999999999"]),
            ("leak@1+0", &["leak lasts 0 rows"]),
            ("leak@1+1x", &["SEVERITY", "is ``"]),
            ("leak@1+1xbad", &["SEVERITY", "is `bad`"]),
            ("leak@1+1x0", &["severity 0 of leak", "at most 10"]),
            ("leak@1+1x-1", &["severity -1"]),
            ("leak@1+1x11", &["severity 11"]),
            ("leak@1+1xnan", &["severity NaN"]),
            ("leak@1+1xinf", &["severity inf"]),
            ("leak@1+1:flow", &["leak acts on the machine", "leave out `:CHANNEL`"]),
            ("spike@1+1", &["spike needs a channel", "vibration_de"]),
            ("spike@1+1:flo", &["unknown channel `flo`", "pressure, flow"]),
            ("spike@1+1:", &["unknown channel ``"]),
            ("dropout@1+1x2", &["dropout takes no severity"]),
            ("stuck-sensor@1+1x2:flow", &["stuck-sensor takes no severity"]),
        ] {
            let error = parse(text).unwrap_err().to_string();
            for want in wants {
                assert!(error.contains(want), "{text}: {error}");
            }
        }
        let error = FaultSpec::new(Fault::Spike, 0, 1, None, Some(99)).unwrap_err();
        assert!(matches!(error, SimulateError::UnknownChannel { .. }));
    }

    /// Random mutations of good specs: never a panic, and what is accepted survives a round trip.
    #[test]
    fn no_text_panics_and_every_accepted_one_round_trips() {
        let seeds = ["spike@10+5x1.5:flow", "leak@3+4", "dropout@0+1:speed", "é@+x:"];
        let alphabet: Vec<char> = "0123456789@+x:.-eéinfa\u{0}𝄞".chars().collect();
        let mut noise = super::super::noise::Noise::new(11);
        let mut below = |n: usize| (noise.uniform() * n as f64) as usize;
        let mut accepted = 0;
        for _ in 0..20_000 {
            let mut text: Vec<char> = seeds[below(seeds.len())].chars().collect();
            for _ in 0..below(4) {
                let at = below(text.len() + 1);
                match below(3) {
                    0 => text.insert(at, alphabet[below(alphabet.len())]),
                    1 if at < text.len() => drop(text.remove(at)),
                    _ => text.truncate(at),
                }
            }
            if let Ok(spec) = parse(&text.into_iter().collect::<String>()) {
                accepted += 1;
                assert_eq!(parse(&spec.to_string()), Ok(spec));
            }
        }
        assert!(accepted > 1000, "{accepted}");
    }
}
