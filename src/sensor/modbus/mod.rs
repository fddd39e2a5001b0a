//! Registers of a Modbus device: what the file says goes in, the values of a row come out.
//!
//! Modbus RTU on a serial line and Modbus TCP, as a client that only reads. Registers that stand side by side are
//! read in one request. An answer counts only for the request that it belongs to: one that comes too late is
//! thrown away. Frames and checksums are those of the crate `rmodbus`.

mod channel;
mod link;
mod problem;
mod serial;
mod settings;

use rmodbus::client::ModbusRequest;
use rmodbus::{ErrorKind, ModbusProto};

use channel::{Kind, Request, Requests};
use link::Link;
use problem::Problem;
use settings::Way;
pub(super) use settings::{Place, place};

/// A device that is open.
pub(super) struct Modbus {
    link: Link,
    request: ModbusRequest,
    requests: Requests,
    /// The bytes of a request.
    bytes: Vec<u8>,
    /// How long an answer may take, for messages.
    timeout_ms: u32,
}

impl Modbus {
    /// Opens the line, or connects.
    ///
    /// # Errors
    /// When that fails, with what to do.
    pub fn open(place: &Place) -> Result<Self, String> {
        let proto = match place.way {
            Way::Tcp { .. } => ModbusProto::TcpUdp,
            Way::Rtu { .. } => ModbusProto::Rtu,
        };
        Ok(Self {
            link: Link::open(&place.way, place.timeout())?,
            request: ModbusRequest::new(place.unit, proto),
            requests: Requests::of(&place.registers),
            bytes: Vec::with_capacity(16),
            timeout_ms: place.timeout_ms,
        })
    }

    /// Reads all registers; `values` has one for each channel.
    ///
    /// # Errors
    /// When one request fails: with the registers, and what to do.
    pub fn read(&mut self, values: &mut [f64]) -> Result<(), String> {
        for number in 0..self.requests.len() {
            self.read_one(number, values)?;
        }
        Ok(())
    }

    fn read_one(&mut self, number: usize, values: &mut [f64]) -> Result<(), String> {
        let Some(asked) = self.requests.get(number) else { return Ok(()) };
        let Self { link, request, bytes, timeout_ms, .. } = self;
        request.tr_id = request.tr_id.wrapping_add(1);
        bytes.clear();
        let generated = match asked.kind {
            Kind::Holding => request.generate_get_holdings(asked.first, asked.count, bytes),
            Kind::Input => request.generate_get_inputs(asked.first, asked.count, bytes),
            Kind::Coil => request.generate_get_coils(asked.first, asked.count, bytes),
            Kind::Discrete => request.generate_get_discretes(asked.first, asked.count, bytes),
        };
        generated.map_err(|error| format!("{asked}: {error}"))?;
        let unit = request.unit_id;
        let told =
            |problem: Problem| format!("{asked} of unit {unit}: {}", problem.told(*timeout_ms));
        let frame = link.ask(bytes, request.tr_id, asked.answer_bytes()).map_err(told)?;
        let data = parse(request, frame, asked).map_err(told)?;
        asked.fill(data, values);
        Ok(())
    }
}

/// The data of an answer, which is as long as was asked for.
fn parse<'a>(
    request: &'a ModbusRequest,
    frame: &'a [u8],
    asked: &Request,
) -> Result<&'a [u8], Problem> {
    // Unit, function, and then the code of an exception, or the number of bytes.
    let start = if request.proto == ModbusProto::TcpUdp { 6 } else { 0 };
    let (function, code) = (frame.get(start + 1), frame.get(start + 2));
    let whole = match request.parse_slice(frame) {
        Ok(data) => data,
        Err(ErrorKind::FrameCRCError) => return Err(Problem::Checksum),
        Err(_) if function.is_some_and(|function| function & 0x80 != 0) => {
            return Err(Problem::Exception(code.copied().unwrap_or_default()));
        }
        Err(_) => return Err(Problem::Foreign),
    };
    let length = usize::from(code.copied().unwrap_or_default());
    match whole.get(..length) {
        Some(data) if length == asked.data_bytes() && whole.len() == length => Ok(data),
        _ => Err(Problem::Foreign),
    }
}

#[cfg(test)]
mod tests;
