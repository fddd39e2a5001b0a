use std::cell::RefCell;
use std::convert::Infallible;

use embedded_hal::digital::{ErrorType, OutputPin};
use embedded_hal_mock::eh1::MockError;
use embedded_hal_mock::eh1::digital::{Mock, State, Transaction};
use oddity_sensors::pin::{Pattern, Pin, Wiring};

const MS: u64 = 1_000_000;

/// Keeps the levels after the pin is gone.
struct Log<'a>(&'a RefCell<Vec<bool>>);

impl ErrorType for Log<'_> {
    type Error = Infallible;
}

impl OutputPin for Log<'_> {
    fn set_low(&mut self) -> Result<(), Infallible> {
        self.0.borrow_mut().push(false);
        Ok(())
    }

    fn set_high(&mut self) -> Result<(), Infallible> {
        self.0.borrow_mut().push(true);
        Ok(())
    }
}

#[test]
fn a_steady_alert_sets_the_pin_once() {
    let said = [State::Low, State::High, State::Low, State::Low].map(Transaction::set);
    let mut mock = Mock::new(&said);
    let mut pin = Pin::new(mock.clone(), Wiring::default()).unwrap();
    pin.raise(Pattern::Steady, 0).unwrap();
    pin.raise(Pattern::Steady, 5 * MS).unwrap();
    assert_eq!(pin.tick(9 * MS), Ok(None));
    assert!(pin.is_on());
    pin.clear().unwrap();
    assert_eq!(pin.tick(10 * MS), Ok(None));
    pin.release().unwrap().unwrap();
    mock.done();
}

#[test]
fn a_pattern_is_in_step_with_the_time_that_it_was_raised() {
    let levels = RefCell::new(Vec::new());
    let mut pin = Pin::new(Log(&levels), Wiring::default()).unwrap();
    pin.raise(Pattern::Slow, 1000 * MS).unwrap();
    assert_eq!(pin.tick(1499 * MS), Ok(Some(1500 * MS)));
    assert!(pin.is_on());
    assert_eq!(pin.tick(1500 * MS), Ok(Some(2000 * MS)));
    assert!(!pin.is_on());
    // Raised again in between: it goes on. Late by a whole turn: still in step.
    pin.raise(Pattern::Slow, 1600 * MS).unwrap();
    assert!(!pin.is_on());
    assert_eq!(pin.tick(3100 * MS), Ok(Some(3500 * MS)));
    assert!(pin.is_on());
    // Another pattern begins anew, on.
    pin.raise(Pattern::Fast, 3600 * MS).unwrap();
    assert!(pin.is_on());
    assert_eq!(pin.tick(3725 * MS), Ok(Some(3850 * MS)));
    assert!(!pin.is_on());
    drop(pin);
    assert_eq!(*levels.borrow(), [false, true, false, true, false, false]);
}

#[test]
fn it_is_left_in_its_safe_state_however_it_goes() {
    let wirings = [(false, false), (false, true), (true, false), (true, true)];
    for (active_low, safe_on) in wirings {
        let wiring = Wiring { active_low, safe_on };
        let safe = safe_on != active_low;
        for drops in [false, true] {
            let levels = RefCell::new(Vec::new());
            let mut pin = Pin::new(Log(&levels), wiring).unwrap();
            assert_eq!(levels.borrow().last(), Some(&active_low), "off at first");
            pin.raise(Pattern::Steady, 0).unwrap();
            assert_eq!(levels.borrow().last(), Some(&!active_low), "on while raised");
            if drops {
                drop(pin)
            } else {
                assert!(pin.release().is_ok())
            }
            assert_eq!(levels.borrow().last(), Some(&safe), "{wiring:?}, dropped: {drops}");
        }
    }
}

#[test]
fn a_pin_that_could_not_be_set_is_tried_again() {
    let error = MockError::Io(std::io::ErrorKind::Other);
    let said = [
        Transaction::set(State::Low),
        Transaction::set(State::High).with_error(error),
        Transaction::set(State::High),
        Transaction::set(State::Low),
    ];
    let mut mock = Mock::new(&said);
    let mut pin = Pin::new(mock.clone(), Wiring::default()).unwrap();
    assert!(pin.raise(Pattern::Steady, 0).is_err());
    assert!(!pin.is_on());
    pin.tick(1).unwrap();
    assert!(pin.is_on());
    drop(pin);
    mock.done();
}
