//! A service manager's questions: what it has put into the environment (`NOTIFY_SOCKET`, `WATCHDOG_USEC`) goes in;
//! its datagrams come out, as sd_notify(3) has them: ready, how it goes, alive, stopping.
//!
//! Where nobody asks nothing is sent. A datagram that cannot be sent never ends a run, nor holds it up for long.
//! Not by the crate sd-notify, which takes a socket that is no file for one.

use std::ffi::OsStr;
use std::io;
#[cfg(target_os = "linux")]
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::{Duration, Instant};

/// How often it is said how it goes, at least: whoever looks at a service looks rarely.
const STATUS: Duration = Duration::from_secs(10);

/// The longest that a manager with a full queue is waited for.
const PATIENCE: Duration = Duration::from_secs(1);

/// A manager that wants to know. When this is dropped it learns that the program stops.
pub(super) struct Service {
    socket: UnixDatagram,
    address: SocketAddr,
    /// It ends the program when it hears nothing.
    watchdog: bool,
    /// From one sign of life to the next: half of what the manager waits, so that a late one is no harm.
    every: Duration,
    /// The last one.
    last: Instant,
}

impl Service {
    /// The manager that has started this process, if one has and listens.
    pub(super) fn from_environment() -> Option<Self> {
        let name = std::env::var_os("NOTIFY_SOCKET").filter(|name| !name.is_empty())?;
        let opened = open(&name).inspect_err(not_told).ok()?;
        let (socket, address) = opened;
        let watchdog = watchdog();
        let every = watchdog.map_or(STATUS, |limit| STATUS.min(limit / 2));
        let last = Instant::now();
        Some(Self { socket, address, watchdog: watchdog.is_some(), every, last })
    }

    /// The model is loaded and the input open.
    pub(super) fn ready(&mut self) {
        self.last = Instant::now();
        self.send("READY=1\nSTATUS=no row yet");
    }

    /// How long it is until the next sign of life is due.
    pub(super) fn left(&self) -> Duration {
        self.every.saturating_sub(self.last.elapsed())
    }

    /// The caller is alive, and says in a line how it goes. Sent when it is due; only the loop that does the work
    /// may call this, so that one that hangs is noticed.
    pub(super) fn alive(&mut self, status: impl FnOnce() -> String) {
        if self.left() > Duration::ZERO {
            return;
        }
        self.last = Instant::now();
        let alive = if self.watchdog { "\nWATCHDOG=1" } else { "" };
        self.send(&format!("STATUS={}{alive}", status()));
    }

    fn send(&self, text: &str) {
        if let Err(error) = self.socket.send_to_addr(text.as_bytes(), &self.address) {
            not_told(&error);
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.send("STOPPING=1");
    }
}

/// A socket, and the address that is the name of a file, or begins with `@` and is none.
fn open(name: &OsStr) -> io::Result<(UnixDatagram, SocketAddr)> {
    let address = match name.as_bytes().strip_prefix(b"@") {
        #[cfg(target_os = "linux")]
        Some(name) => SocketAddr::from_abstract_name(name)?,
        _ => SocketAddr::from_pathname(name)?,
    };
    let socket = UnixDatagram::unbound()?;
    socket.set_write_timeout(Some(PATIENCE))?;
    Ok((socket, address))
}

/// How long the manager waits for a sign of life, if it does: `WATCHDOG_PID` says whose.
fn watchdog() -> Option<Duration> {
    let read = |name| std::env::var(name).ok();
    let ours = |pid: String| pid.parse() == Ok(std::process::id());
    if !read("WATCHDOG_PID").is_none_or(ours) {
        return None;
    }
    let micros = read("WATCHDOG_USEC")?.parse().ok().filter(|&micros| micros > 0)?;
    Some(Duration::from_micros(micros))
}

fn not_told(error: &io::Error) {
    log::info!("cannot tell the service manager how it goes: {error}");
}
