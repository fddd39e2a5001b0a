//! A serial line: opened raw, with a silence before each request, and what is left of an earlier answer thrown
//! away.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::OFlags;
use rustix::io::Errno;
use rustix::termios::{
    ControlModes, OptionalActions, QueueSelector, tcflush, tcgetattr, tcsetattr,
};

use super::problem::{Problem, left};
use super::settings::Parity;

/// Bits of one byte on the line, at most: start, eight, parity, stop.
const BITS: u64 = 11;
/// Above this rate the silence between two frames is fixed: section 2.5.1.1 of "Modbus over Serial Line" V1.02.
const FAST_BAUD: u32 = 19_200;
const FAST_SILENCE: Duration = Duration::from_micros(1750);

pub(super) struct Serial {
    line: File,
    /// Three and a half bytes long.
    silence: Duration,
}

impl Serial {
    pub fn open(
        device: &Path,
        baud: u32,
        parity: Parity,
        two_stop_bits: bool,
    ) -> Result<Self, String> {
        // It is not to become the terminal of this process, nor to wait for a modem.
        let flags = OFlags::NOCTTY | OFlags::NONBLOCK;
        let flags = i32::try_from(flags.bits()).unwrap_or_default();
        let line = OpenOptions::new().read(true).write(true).custom_flags(flags).open(device);
        let line = line.map_err(|error| advice(&error))?;
        set_up(&line, baud, parity, two_stop_bits).map_err(|errno| match errno {
            Errno::NOTTY => "it is no serial line".to_owned(),
            Errno::INVAL => format!("it cannot be set to {baud} baud and this parity"),
            errno => io::Error::from(errno).to_string(),
        })?;
        let silence = match baud {
            0..=FAST_BAUD => {
                Duration::from_micros(7 * BITS * 1_000_000 / (2 * u64::from(baud.max(1))))
            }
            _ => FAST_SILENCE,
        };
        Ok(Self { line, silence })
    }

    /// Sends a request after a silence, once what still came is gone.
    pub fn ask(&mut self, request: &[u8], until: Instant) -> Result<(), Problem> {
        std::thread::sleep(self.silence);
        tcflush(&self.line, QueueSelector::IFlush)
            .map_err(|errno| Problem::Broken(errno.into()))?;
        let mut rest = request;
        while !rest.is_empty() {
            match self.line.write(rest) {
                Ok(0) => return Err(Problem::Closed),
                Ok(count) => rest = rest.get(count..).unwrap_or_default(),
                Err(error) => self.wait(error, PollFlags::OUT, until)?,
            }
        }
        Ok(())
    }

    pub fn read_exact(&mut self, mut into: &mut [u8], until: Instant) -> Result<(), Problem> {
        while !into.is_empty() {
            match self.line.read(into) {
                Ok(0) => return Err(Problem::Closed),
                Ok(count) => into = into.get_mut(count..).unwrap_or_default(),
                Err(error) => self.wait(error, PollFlags::IN, until)?,
            }
        }
        Ok(())
    }

    /// Until the line is ready again, if that is all that is wrong.
    fn wait(&self, error: io::Error, ready: PollFlags, until: Instant) -> Result<(), Problem> {
        match error.kind() {
            io::ErrorKind::Interrupted => return Ok(()),
            io::ErrorKind::WouldBlock => {}
            _ => return Err(Problem::Broken(error)),
        }
        let timeout = Timespec::try_from(left(until)?).map_err(|_| Problem::Timeout)?;
        match poll(&mut [PollFd::new(&self.line, ready)], Some(&timeout)) {
            Ok(0) => Err(Problem::Timeout),
            Ok(_) | Err(Errno::INTR) => Ok(()),
            Err(errno) => Err(Problem::Broken(errno.into())),
        }
    }
}

/// Eight bits as they come, no flow control, no modem.
fn set_up(line: &File, baud: u32, parity: Parity, two_stop_bits: bool) -> Result<(), Errno> {
    let mut settings = tcgetattr(line)?;
    settings.make_raw();
    settings.set_speed(baud)?;
    let modes = &mut settings.control_modes;
    modes.remove(ControlModes::PARENB | ControlModes::PARODD | ControlModes::CSTOPB);
    modes.remove(ControlModes::CRTSCTS | ControlModes::CSIZE);
    modes.insert(ControlModes::CS8 | ControlModes::CLOCAL | ControlModes::CREAD);
    match parity {
        Parity::None => {}
        Parity::Even => modes.insert(ControlModes::PARENB),
        Parity::Odd => modes.insert(ControlModes::PARENB | ControlModes::PARODD),
    }
    modes.set(ControlModes::CSTOPB, two_stop_bits);
    tcsetattr(line, OptionalActions::Now, &settings)
}

fn advice(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => {
            "there is no such line; is the adapter plugged in? `ls /dev/tty*` shows those that there are".to_owned()
        }
        io::ErrorKind::PermissionDenied => {
            "it is not allowed; put the user into the group dialout (`sudo usermod -aG dialout \"$USER\"`) and \
             log in anew"
                .to_owned()
        }
        io::ErrorKind::ResourceBusy => "another program has it; end that first".to_owned(),
        _ => error.to_string(),
    }
}
