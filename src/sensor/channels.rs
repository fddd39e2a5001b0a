//! Chips whose channels are named one by one in the file: an ADS1115, and a chip that is described by its
//! registers.

use oddity_sensors::Chip;
use oddity_sensors::ads1115::{Ads1115, Input, Port, Range, Rate, Settings};
use oddity_sensors::bus::{Marks, Value};
use oddity_sensors::field::{Bits, Endian, Width};
use oddity_sensors::scale::{Scale, Unit};
use oddity_sensors::table::{Description, Identity, Ready, Register, Table, Write};

use super::error::FileError;
use super::keys::Keys;

const INPUTS: [(&str, Input); 8] = [
    ("a0", Input::A0),
    ("a1", Input::A1),
    ("a2", Input::A2),
    ("a3", Input::A3),
    ("a0-a1", Input::A0A1),
    ("a0-a3", Input::A0A3),
    ("a1-a3", Input::A1A3),
    ("a2-a3", Input::A2A3),
];

/// Its inputs are converted one after the other, all of them for each row.
pub(super) fn ads1115(keys: &mut Keys<'_>, rows_hz: f32) -> Result<Chip, FileError> {
    let mut ports = Vec::new();
    for mut channel in keys.tables("channel")? {
        ports.push(port(&mut channel)?);
        channel.finish()?;
    }
    // A third more, for the transfers between.
    let needed = rows_hz * ports.len() as f32 * 1.33;
    let given = keys.number("chip_rate_hz")?;
    let rate = match given {
        Some(rate) => rate.parse("the chip converts at most 860 times a second", |hz| {
            Rate::at_least(hz as f32)
        })?,
        None => Rate::at_least(needed.max(128.0)).ok_or_else(|| {
            let problem = "860 conversions a second are too few for rate_hz and these channels";
            keys.place.refuse(problem)
        })?,
    };
    let settings = Settings::new(&ports, rate).ok_or_else(|| {
        keys.place.refuse("an ads1115 has one to four channels, each begun by [[sensor.channel]]")
    })?;
    Ok(Chip::Ads1115(Ads1115::new(settings)))
}

fn port(keys: &mut Keys<'_>) -> Result<Port, FileError> {
    let input = keys.text("input")?;
    let input = keys.need("input", input, "\"a0\" to \"a3\", or two of them as \"a0-a1\"")?;
    let names: Vec<&str> = INPUTS.iter().map(|(name, _)| *name).collect();
    let problem = format!("no such input; there are: {}", names.join(", "));
    let input = input.parse(&problem, |input| {
        INPUTS.iter().find(|(name, _)| *name == input).map(|(_, input)| *input)
    })?;
    let range = match keys.number("range_v")? {
        None => Range::default(),
        Some(range) => {
            let problem = "has to be 6.144, 4.096, 2.048, 1.024, 0.512 or 0.256";
            range.parse(problem, |volts| Range::of_volts(volts as f32))?
        }
    };
    let (from, loop_ohm, to) = (keys.pair("from_v")?, keys.number("loop_ohm")?, keys.pair("to")?);
    let scale = match (from, loop_ohm, to) {
        (None, None, None) => Scale::Volts,
        (Some(from), None, Some(to)) => from.parse(
            "from_v and to make no line: the two numbers of each have to differ",
            |from| Scale::line(from, to.value),
        )?,
        (None, Some(ohm), Some(to)) => ohm
            .parse("has to be above zero, and the two numbers of to have to differ", |ohm| {
                Scale::current_loop(ohm as f32, to.value)
            })?,
        _ => {
            let problem =
                "to goes with from_v (volts) or with loop_ohm (4 to 20 mA), and they with it";
            return Err(keys.place.refuse(problem));
        }
    };
    let unit = match keys.text("unit")? {
        None => Unit::default(),
        Some(unit) => unit.parse("has at most 12 bytes", |unit| Unit::new(&unit))?,
    };
    Ok(Port { input, range, scale, unit })
}

/// A chip that needs no code.
pub(super) fn table(keys: &mut Keys<'_>) -> Result<Chip, FileError> {
    let mut description = Description {
        marks: Marks {
            i2c_burst: keys.byte("i2c_burst_mark")?.map_or(0, |mark| mark.value),
            spi_read: keys.byte("spi_read_mark")?.map_or(0x80, |mark| mark.value),
            spi_burst: keys.byte("spi_burst_mark")?.map_or(0, |mark| mark.value),
        },
        burst: keys.flag("burst")?,
        ..Description::default()
    };
    if let Some(mut id) = keys.table("id")? {
        description.identity = Some(identity(&mut id)?);
        id.finish()?;
    }
    for mut write in keys.tables("write")? {
        description.writes.push(one_write(&mut write)?);
        write.finish()?;
    }
    if let Some(mut ready) = keys.table("ready")? {
        let address = register(&mut ready)?;
        let mask = ready.byte("mask")?;
        let mask = ready.need("mask", mask, "the bits that are looked at")?.value;
        let value = ready.byte("value")?.map_or(mask, |value| value.value);
        description.ready = Some(Ready { address, mask, value });
        ready.finish()?;
    }
    for mut channel in keys.tables("channel")? {
        description.registers.push(one_register(&mut channel)?);
        channel.finish()?;
    }
    let table = Table::new(description).map_err(|error| keys.place.refuse(error.to_string()))?;
    Ok(Chip::Table(table))
}

fn register(keys: &mut Keys<'_>) -> Result<u8, FileError> {
    let register = keys.byte("register")?;
    Ok(keys.need("register", register, "the register's address in the chip")?.value)
}

fn width(keys: &mut Keys<'_>) -> Result<Width, FileError> {
    let Some(bits) = keys.whole("bits")? else { return Ok(Width::W8) };
    bits.parse("has to be 8, 16, 24 or 32", Width::of_bits)
}

fn endian(keys: &mut Keys<'_>) -> Result<Endian, FileError> {
    let Some(endian) = keys.text("endian")? else { return Ok(Endian::Big) };
    endian.parse("has to be \"big\" or \"little\"", |endian| match endian.as_str() {
        "big" => Some(Endian::Big),
        "little" => Some(Endian::Little),
        _ => None,
    })
}

fn identity(keys: &mut Keys<'_>) -> Result<Identity, FileError> {
    let (address, width, endian) = (register(keys)?, width(keys)?, endian(keys)?);
    let mask = keys.whole("mask")?.map_or(width.ones(), |mask| mask.value);
    let expected = keys.whole("value")?;
    let expected = keys.need("value", expected, "what the register holds on this chip")?.value;
    Ok(Identity { address, width, endian, mask, expected })
}

fn one_write(keys: &mut Keys<'_>) -> Result<Write, FileError> {
    let (address, width) = (register(keys)?, width(keys)?);
    let value = keys.whole("value")?;
    let value = keys.need("value", value, "what is written")?;
    let value = value.parse("does not fit into the register's bits", |value| {
        let bytes = value.to_be_bytes();
        let (above, own) = bytes.split_at(4 - width.bytes());
        if above.iter().all(|byte| *byte == 0) { Value::new(own) } else { None }
    })?;
    let wait = match keys.whole("wait_ms")? {
        None => 0,
        Some(wait) => wait.parse("at most 65535", |wait| u16::try_from(wait).ok())?,
    };
    Ok(Write { address, value, wait_ms: wait })
}

fn one_register(keys: &mut Keys<'_>) -> Result<Register, FileError> {
    let name = keys.text("name")?;
    let name = keys.need("name", name, "the channel's name")?.value;
    let (address, width, endian) = (register(keys)?, width(keys)?, endian(keys)?);
    let bits = Bits::whole(width, endian, keys.flag("signed")?);
    let mask = keys.whole("mask")?;
    let shift = keys.whole("shift")?.map(|shift| shift.value);
    let bits = match (mask, shift) {
        (None, None) => bits,
        (mask, shift) => {
            let place = mask.as_ref().map_or(&keys.place, |mask| &mask.place).clone();
            let mask = mask.map_or(width.ones(), |mask| mask.value);
            bits.masked(mask, shift).map_err(|error| place.refuse(error.to_string()))?
        }
    };
    Ok(Register {
        name,
        unit: keys.text("unit")?.map_or_else(String::new, |unit| unit.value),
        address,
        bits,
        scale: keys.number("scale")?.map_or(1.0, |scale| scale.value),
        offset: keys.number("offset")?.map_or(0.0, |offset| offset.value),
    })
}
