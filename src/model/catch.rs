//! Runs a closure that may panic, and gives the panic's message back as text.
//!
//! The engine panics on some files. The default hook would print each panic to stderr, so a hook is
//! put in front of it, once for the process, which stays silent only on a thread that is inside
//! [`catch`]; every other panic goes to the hook that was there before.

use std::cell::{Cell, RefCell};
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;

thread_local! {
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static MESSAGE: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs `work`; a panic in it becomes `Err` with its message and place in the source.
pub(crate) fn catch<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    install();
    DEPTH.with(|depth| depth.set(depth.get() + 1));
    let outcome = panic::catch_unwind(AssertUnwindSafe(work));
    DEPTH.with(|depth| depth.set(depth.get() - 1));
    outcome.map_err(|_| {
        let message = MESSAGE.with(|slot| slot.borrow_mut().take());
        message.unwrap_or_else(|| "panicked".to_owned())
    })
}

fn install() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if DEPTH.with(Cell::get) == 0 {
                before(info);
            } else {
                MESSAGE.with(|slot| *slot.borrow_mut() = Some(describe(info)));
            }
        }));
    });
}

fn describe(info: &PanicHookInfo<'_>) -> String {
    let payload = info.payload();
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned())
        .or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned());
    match info.location() {
        Some(place) => {
            // Only the file's name: the path is that of the machine where this was built.
            let file = place.file().rsplit(['/', '\\']).next().unwrap_or_default();
            format!("panic at {file}:{}: {text}", place.line())
        }
        None => format!("panic: {text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[allow(clippy::panic)]
    fn a_panic_becomes_its_message_and_the_thread_goes_on() {
        let caught = catch(|| -> u32 { panic!("number {}", 7) });
        assert!(caught.is_err_and(|text| text.contains("number 7")));
        assert_eq!(catch(|| 3), Ok(3));
    }
}
