//! The thread that sets pins: what they are to show comes in, patterns run in time while the program waits for
//! input.
//!
//! Pins are in their safe state when the thread ends, which it does when it is told to, when its owner is dropped,
//! and when it panics itself.

use std::fmt;
use std::io;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use embedded_hal::digital::OutputPin;
use oddity_sensors::health::Nanos;
use oddity_sensors::pin::Pin;

use super::alarm::Shown;
use super::name::Style;

/// Changes that may wait for the thread.
const WAITING: usize = 16;

/// After so long a pin that could not be set is tried again.
const AGAIN: Nanos = 1_000_000_000;

/// How long somebody who panics waits until the pins are off.
const PATIENCE: Duration = Duration::from_secs(1);

/// Something about a pin that is worth a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PinNotice<'a> {
    /// Its name.
    pin: &'a str,
    what: What,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum What {
    /// It cannot be set, and could before.
    Failed(String),
    /// It can be set again.
    Back,
    /// It could not be switched off at the end.
    Left(String),
}

impl fmt::Display for PinNotice<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pin = self.pin;
        match &self.what {
            What::Failed(problem) => {
                write!(f, "pin {pin} cannot be set: {problem}; it is tried again each second")
            }
            What::Back => write!(f, "pin {pin} is set again"),
            What::Left(problem) => write!(f, "pin {pin} cannot be switched off: {problem}"),
        }
    }
}

/// A pin with how it shows an alert.
pub(super) struct Unit<P: OutputPin> {
    name: String,
    pin: Pin<P>,
    style: Style,
    failing: bool,
}

impl<P: OutputPin<Error: fmt::Display>> Unit<P> {
    pub fn new(name: String, pin: Pin<P>, style: Style) -> Self {
        Self { name, pin, style, failing: false }
    }

    /// Sets the pin, and says when it is to be set again, if that is so.
    fn show(
        &mut self,
        shown: Shown,
        now: Nanos,
        tell: &mut impl FnMut(PinNotice<'_>),
    ) -> Option<Nanos> {
        let done = match shown {
            None => self.pin.clear().map(|()| None),
            Some(severity) => {
                let raised = self.pin.raise(self.style.pattern(severity), now);
                raised.and_then(|()| self.pin.tick(now))
            }
        };
        match done {
            Ok(next) => {
                if std::mem::take(&mut self.failing) {
                    tell(PinNotice { pin: &self.name, what: What::Back });
                }
                next
            }
            Err(error) => {
                if !std::mem::replace(&mut self.failing, true) {
                    let what = What::Failed(error.to_string());
                    tell(PinNotice { pin: &self.name, what });
                }
                Some(now.saturating_add(AGAIN))
            }
        }
    }

    fn release(self, tell: &mut impl FnMut(PinNotice<'_>)) {
        if let Err(error) = self.pin.release() {
            tell(PinNotice { pin: &self.name, what: What::Left(error.to_string()) });
        }
    }
}

enum Message {
    Show(Shown),
    /// Pins are to be off for good, and then this end dropped.
    Off(SyncSender<()>),
}

/// The thread's owner.
#[derive(Debug)]
pub(super) struct Driver {
    sender: SyncSender<Message>,
    thread: Option<JoinHandle<()>>,
}

impl Driver {
    /// Starts the thread.
    ///
    /// # Errors
    /// When there can be no thread.
    pub fn start<P>(
        units: Vec<Unit<P>>,
        tell: impl FnMut(PinNotice<'_>) + Send + 'static,
    ) -> io::Result<Self>
    where
        P: OutputPin<Error: fmt::Display> + Send + 'static,
    {
        let (sender, messages) = sync_channel(WAITING);
        let work = move || run(units, &messages, tell);
        let thread = thread::Builder::new().name("pins".to_owned()).spawn(work)?;
        Ok(Self { sender, thread: Some(thread) })
    }

    /// Pins show this from now on.
    pub fn show(&self, shown: Shown) {
        // Fails only when the thread has ended, and the pins are off.
        let _ = self.sender.send(Message::Show(shown));
    }

    pub fn off_switch(&self) -> OffSwitch {
        OffSwitch(self.sender.clone())
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let (done, _off) = sync_channel(1);
        let _ = self.sender.send(Message::Off(done));
        // A panic of the thread has been told, and has switched the pins off.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// Switches pins off from elsewhere, for good.
#[derive(Clone, Debug)]
pub struct OffSwitch(SyncSender<Message>);

impl fmt::Debug for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Message")
    }
}

impl OffSwitch {
    /// Waits until the pins are off, a second at most.
    pub fn off(&self) {
        let (done, off) = sync_channel(1);
        if self.0.try_send(Message::Off(done)).is_ok() {
            // Disconnected once it is done.
            let _ = off.recv_timeout(PATIENCE);
        }
    }
}

fn run<P: OutputPin<Error: fmt::Display>>(
    mut units: Vec<Unit<P>>,
    messages: &Receiver<Message>,
    mut tell: impl FnMut(PinNotice<'_>),
) {
    let start = Instant::now();
    let mut shown = None;
    let done = loop {
        let now = Nanos::try_from(start.elapsed().as_nanos()).unwrap_or(Nanos::MAX);
        let nexts = units.iter_mut().filter_map(|unit| unit.show(shown, now, &mut tell));
        // All are shown before the first is chosen.
        let nexts: Vec<Nanos> = nexts.collect();
        let message = match nexts.into_iter().min() {
            None => messages.recv().map_err(|_| RecvTimeoutError::Disconnected),
            Some(next) => messages.recv_timeout(Duration::from_nanos(next.saturating_sub(now))),
        };
        match message {
            Ok(Message::Show(new)) => shown = new,
            Ok(Message::Off(done)) => break Some(done),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break None,
        }
    };
    units.into_iter().for_each(|unit| unit.release(&mut tell));
    drop(done);
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;
    use std::sync::mpsc::{Sender, channel};

    use embedded_hal::digital::{Error, ErrorKind, ErrorType};
    use oddity_core::event::Severity;
    use oddity_sensors::pin::Wiring;

    use super::*;

    /// Tells its levels.
    struct Told(Sender<bool>);

    impl ErrorType for Told {
        type Error = Infallible;
    }

    impl OutputPin for Told {
        fn set_low(&mut self) -> Result<(), Infallible> {
            let _ = self.0.send(false);
            Ok(())
        }

        fn set_high(&mut self) -> Result<(), Infallible> {
            let _ = self.0.send(true);
            Ok(())
        }
    }

    fn driver(style: Style) -> (Driver, Receiver<bool>) {
        let (sender, levels) = channel();
        let pin = Pin::new(Told(sender), Wiring::default()).unwrap();
        let driver = Driver::start(vec![Unit::new("a".into(), pin, style)], |_| {}).unwrap();
        assert!(!levels.recv().unwrap(), "off to begin with");
        (driver, levels)
    }

    #[test]
    fn a_pin_is_on_while_something_is_shown_and_off_when_it_is_given_up() {
        let (driver, levels) = driver(Style::Steady);
        driver.show(Some(Severity::Warning));
        assert!(levels.recv().unwrap());
        driver.show(None);
        assert!(!levels.recv().unwrap());
        driver.show(Some(Severity::Critical));
        assert!(levels.recv().unwrap());
        drop(driver);
        assert_eq!(levels.iter().collect::<Vec<_>>(), [false]);
    }

    #[test]
    fn a_pattern_runs_while_nobody_says_anything() {
        let (driver, levels) = driver(Style::Blink);
        driver.show(Some(Severity::Critical));
        let seen: Vec<bool> = levels.iter().take(4).collect();
        assert_eq!(seen, [true, false, true, false]);
        drop(driver);
    }

    #[test]
    fn a_panic_of_the_owner_and_the_switch_of_another_switch_off() {
        let (on_panic, levels) = driver(Style::Steady);
        let panicked = thread::spawn(move || {
            on_panic.show(Some(Severity::Warning));
            assert!(std::hint::black_box(false), "as a bug would");
        });
        assert!(panicked.join().is_err());
        assert_eq!(levels.iter().collect::<Vec<_>>(), [true, false]);

        let (switched, levels) = driver(Style::Steady);
        switched.show(Some(Severity::Warning));
        assert!(levels.recv().unwrap());
        switched.off_switch().off();
        assert_eq!(levels.iter().collect::<Vec<_>>(), [false]);
        // It is over for good.
        switched.show(Some(Severity::Critical));
        assert!(levels.recv().is_err());
    }

    /// Can be set only while it is told so.
    struct Broken(Receiver<bool>, Sender<bool>);

    #[derive(Debug)]
    struct Unplugged;

    impl fmt::Display for Unplugged {
        fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("unplugged")
        }
    }

    impl Error for Unplugged {
        fn kind(&self) -> ErrorKind {
            ErrorKind::Other
        }
    }

    impl ErrorType for Broken {
        type Error = Unplugged;
    }

    impl OutputPin for Broken {
        fn set_low(&mut self) -> Result<(), Unplugged> {
            Ok(())
        }

        fn set_high(&mut self) -> Result<(), Unplugged> {
            if !self.0.try_recv().unwrap_or(true) {
                return Err(Unplugged);
            }
            let _ = self.1.send(true);
            Ok(())
        }
    }

    #[test]
    fn a_pin_that_cannot_be_set_is_told_once_and_tried_again() {
        let (works, asked) = channel();
        let (set, was_set) = channel();
        works.send(false).unwrap();
        let pin = Pin::new(Broken(asked, set), Wiring::default()).unwrap();
        let (tell, told) = channel();
        let tell = move |notice: PinNotice<'_>| tell.send(notice.to_string()).unwrap();
        let unit = Unit::new("gpiochip0:17".into(), pin, Style::Steady);
        let driver = Driver::start(vec![unit], tell).unwrap();
        driver.show(Some(Severity::Warning));
        assert!(was_set.recv().unwrap());
        drop(driver);
        let told: Vec<String> = told.iter().collect();
        assert_eq!(
            told,
            [
                "pin gpiochip0:17 cannot be set: unplugged; it is tried again each second",
                "pin gpiochip0:17 is set again",
            ]
        );
    }
}
