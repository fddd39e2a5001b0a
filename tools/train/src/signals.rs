//! Ctrl-C: signals come in, a flag goes up, which training looks at after each batch.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;

/// What shells add to a signal's number.
const SHELL_OFFSET: i32 = 128;

/// A flag that goes up at the first SIGINT or SIGTERM; the second one ends the program at once,
/// with 128 plus its number.
///
/// # Errors
/// When the system refuses a handler.
pub fn stop_flag() -> io::Result<Arc<AtomicBool>> {
    let stop = Arc::new(AtomicBool::new(false));
    for signal in [SIGINT, SIGTERM] {
        // The order matters: this one looks at the flag before the next one raises it.
        flag::register_conditional_shutdown(signal, SHELL_OFFSET + signal, Arc::clone(&stop))?;
        flag::register(signal, Arc::clone(&stop))?;
    }
    Ok(stop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::Ordering;

    #[test]
    fn the_first_signal_raises_the_flag() {
        let stop = stop_flag().unwrap();
        assert!(!stop.load(Ordering::SeqCst));
        signal_hook::low_level::raise(SIGTERM).unwrap();
        assert!(stop.load(Ordering::SeqCst));
        // For other tests of this process.
        stop.store(false, Ordering::SeqCst);
    }
}
