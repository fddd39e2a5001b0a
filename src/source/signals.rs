//! SIGINT and SIGTERM as the last message of a source.
//!
//! The first of either closes the gate and is told to the consumer; the second has its usual
//! effect, so that a program that hangs while it flushes can still be stopped by hand.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;

use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use signal_hook::iterator::{Handle, Signals as Incoming};

use super::error::SourceError;

/// A signal has come that ends a source.
static STOPPED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// Whether a signal has come that ends a source of this process. Who waits for somebody else can look here
/// for whether to wait any longer.
pub fn is_stopped() -> bool {
    STOPPED.load(Ordering::Relaxed)
}

/// What [`is_stopped`] looks at, for who handles signals without a source.
pub fn stop_flag() -> Arc<AtomicBool> {
    Arc::clone(&STOPPED)
}

/// The listening thread; it ends when this is dropped.
pub(super) struct Signals(Handle);

impl Signals {
    /// Calls `tell` with the first signal, on a thread of its own.
    pub(super) fn install(tell: impl FnOnce(i32) + Send + 'static) -> Result<Self, SourceError> {
        let seen = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // In this order: at the first signal the default action finds `seen` still false.
            flag::register_conditional_default(signal, Arc::clone(&seen))
                .map_err(SourceError::Signals)?;
            flag::register(signal, Arc::clone(&seen)).map_err(SourceError::Signals)?;
        }
        let mut incoming = Incoming::new([SIGINT, SIGTERM]).map_err(SourceError::Signals)?;
        let handle = incoming.handle();
        thread::Builder::new()
            .name("signals".to_owned())
            .spawn(move || {
                if let Some(signal) = incoming.forever().next() {
                    STOPPED.store(true, Ordering::Relaxed);
                    tell(signal);
                }
            })
            .map_err(|source| SourceError::Thread { does: "waits for signals", source })?;
        Ok(Self(handle))
    }
}

impl Drop for Signals {
    fn drop(&mut self) {
        self.0.close();
    }
}
