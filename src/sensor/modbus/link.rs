//! A request goes out, the frame that answers it comes in, in time or not at all.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use super::problem::{Problem, left};
use super::serial::Serial;
use super::settings::Way;

/// Bytes of a frame, at most: 260 on TCP.
const MOST_BYTES: usize = 260;
/// Bytes before the unit on TCP: transaction, protocol, length.
const HEAD: usize = 6;
/// Bytes of an exception on a serial line.
const EXCEPTION: usize = 5;

/// A connection or a line.
enum Port {
    Tcp(TcpStream),
    Rtu(Serial),
}

pub(super) struct Link {
    port: Port,
    timeout: Duration,
    frame: [u8; MOST_BYTES],
}

impl Link {
    /// Opens it.
    pub fn open(way: &Way, timeout: Duration) -> Result<Self, String> {
        let port = match way {
            Way::Tcp { host, port } => Port::Tcp(connect(host, *port, timeout)?),
            Way::Rtu { device, baud, parity, two_stop_bits } => {
                Port::Rtu(Serial::open(device, *baud, *parity, *two_stop_bits)?)
            }
        };
        Ok(Self { port, timeout, frame: [0; MOST_BYTES] })
    }

    /// The answer to a request: of this transaction on TCP; on a serial line of so many bytes, or an exception.
    pub fn ask(
        &mut self,
        request: &[u8],
        transaction: u16,
        bytes: usize,
    ) -> Result<&[u8], Problem> {
        let until = Instant::now() + self.timeout;
        let length = match &mut self.port {
            Port::Tcp(stream) => {
                stream.write_all(request).map_err(Problem::of)?;
                loop {
                    let length = tcp_frame(stream, &mut self.frame, until)?;
                    // The answer to a request that was given up is not one to this.
                    if self.frame.starts_with(&transaction.to_be_bytes()) {
                        break length;
                    }
                }
            }
            Port::Rtu(serial) => {
                serial.ask(request, until)?;
                let frame = self.frame.get_mut(..bytes).ok_or(Problem::Foreign)?;
                let (head, rest) = frame.split_at_mut(EXCEPTION.min(bytes));
                serial.read_exact(head, until)?;
                if head.get(1).is_some_and(|function| function & 0x80 != 0) {
                    EXCEPTION
                } else {
                    serial.read_exact(rest, until)?;
                    bytes
                }
            }
        };
        Ok(self.frame.get(..length).unwrap_or_default())
    }
}

/// Reads one frame; gives its length.
fn tcp_frame(
    stream: &mut TcpStream,
    frame: &mut [u8; MOST_BYTES],
    until: Instant,
) -> Result<usize, Problem> {
    let (head, rest) = frame.split_at_mut(HEAD);
    read_tcp(stream, head, until)?;
    let length = match head {
        [_, _, 0, 0, high, low] => usize::from(u16::from_be_bytes([*high, *low])),
        // Where the next frame begins, nobody can say.
        _ => return Err(Problem::Foreign),
    };
    read_tcp(stream, rest.get_mut(..length).ok_or(Problem::Foreign)?, until)?;
    Ok(HEAD + length)
}

fn read_tcp(stream: &mut TcpStream, mut into: &mut [u8], until: Instant) -> Result<(), Problem> {
    while !into.is_empty() {
        stream.set_read_timeout(Some(left(until)?)).map_err(Problem::Broken)?;
        match stream.read(into) {
            Ok(0) => return Err(Problem::Closed),
            Ok(count) => into = into.get_mut(count..).unwrap_or_default(),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(Problem::of(error)),
        }
    }
    Ok(())
}

/// Connects to the first address of the host that answers.
fn connect(host: &str, port: u16, timeout: Duration) -> Result<TcpStream, String> {
    let addresses = Way::addresses(host, port)
        .map_err(|error| format!("the host is not known: {error}; give its address"))?;
    let mut problem = "the host has no address".to_owned();
    for address in addresses {
        match TcpStream::connect_timeout(&address, timeout) {
            Ok(stream) => {
                // A request is one small packet, and waits for nothing.
                let set = stream.set_nodelay(true).and(stream.set_write_timeout(Some(timeout)));
                return set.map(|()| stream).map_err(|error| error.to_string());
            }
            Err(error) => problem = refused(&error),
        }
    }
    Err(problem)
}

fn refused(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::ConnectionRefused => {
            "nothing listens there; see to the port, and that Modbus TCP is switched on in the device".to_owned()
        }
        io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
            "nothing answers at this address; see to address, cable and firewall".to_owned()
        }
        _ => error.to_string(),
    }
}
