//! A pin that shows an alert: raised and cleared go in with the time, levels of a pin come out.
//!
//! A lamp, a buzzer, or a relay that has to be safe whatever happens: the pin is put into its safe state when
//! it is given up in any way but the loss of power.

use embedded_hal::digital::OutputPin;

use crate::health::Nanos;

/// What the pin does while an alert is raised.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Pattern {
    /// On.
    #[default]
    Steady,
    /// On and off for half a second each.
    Slow,
    /// On and off for an eighth of a second each.
    Fast,
}

impl Pattern {
    /// How long it is on, and off.
    fn half(self) -> Option<Nanos> {
        match self {
            Self::Steady => None,
            Self::Slow => Some(500_000_000),
            Self::Fast => Some(125_000_000),
        }
    }
}

/// How the pin is wired.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Wiring {
    /// A low level is on.
    pub active_low: bool,
    /// The state in which the pin is left is on, as for a relay that stops a machine when it drops off and is
    /// wired the other way round.
    pub safe_on: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Raised {
    pattern: Pattern,
    since: Nanos,
}

/// The pin with what it shows. Begins cleared: off.
#[derive(Debug)]
pub struct Pin<P: OutputPin> {
    /// Taken out by `release` only, so that dropping leaves nothing to do then.
    pin: Option<P>,
    wiring: Wiring,
    raised: Option<Raised>,
    on: bool,
}

impl<P: OutputPin> Pin<P> {
    /// Switches the pin off.
    ///
    /// # Errors
    /// When the pin cannot be set.
    pub fn new(pin: P, wiring: Wiring) -> Result<Self, P::Error> {
        let mut pin = Self { pin: Some(pin), wiring, raised: None, on: false };
        pin.set(false)?;
        Ok(pin)
    }

    /// Shows a pattern from now on. The one that is shown already goes on in step.
    ///
    /// # Errors
    /// When the pin cannot be set; the next [`Self::tick`] tries again.
    pub fn raise(&mut self, pattern: Pattern, now: Nanos) -> Result<(), P::Error> {
        if self.raised.is_none_or(|raised| raised.pattern != pattern) {
            self.raised = Some(Raised { pattern, since: now });
        }
        self.tick(now).map(|_| ())
    }

    /// Off.
    ///
    /// # Errors
    /// When the pin cannot be set; the next [`Self::tick`] tries again.
    pub fn clear(&mut self) -> Result<(), P::Error> {
        self.raised = None;
        self.show(false)
    }

    /// Brings the pin to where it should be by now, and says when it changes next, if it does.
    ///
    /// # Errors
    /// When the pin cannot be set; the next call tries again.
    pub fn tick(&mut self, now: Nanos) -> Result<Option<Nanos>, P::Error> {
        let Some(Raised { pattern, since }) = self.raised else {
            return self.show(false).map(|()| None);
        };
        let Some(half) = pattern.half() else {
            return self.show(true).map(|()| None);
        };
        let halves = now.saturating_sub(since) / half;
        self.show(halves.is_multiple_of(2))?;
        let next = half.saturating_mul(halves.saturating_add(1));
        Ok(Some(since.saturating_add(next)))
    }

    /// Whether the pin is on.
    pub fn is_on(&self) -> bool {
        self.on
    }

    /// Puts the pin into its safe state and gives it back.
    ///
    /// # Errors
    /// When the pin cannot be set: then it is gone.
    pub fn release(mut self) -> Result<Option<P>, P::Error> {
        self.set(self.wiring.safe_on)?;
        Ok(self.pin.take())
    }

    fn show(&mut self, on: bool) -> Result<(), P::Error> {
        if on == self.on { Ok(()) } else { self.set(on) }
    }

    fn set(&mut self, on: bool) -> Result<(), P::Error> {
        if let Some(pin) = &mut self.pin {
            pin.set_state((on != self.wiring.active_low).into())?;
            self.on = on;
        }
        Ok(())
    }
}

impl<P: OutputPin> Drop for Pin<P> {
    fn drop(&mut self) {
        // Nobody is left to hear of a failure.
        let _ = self.set(self.wiring.safe_on);
    }
}
