use embedded_hal_mock::eh1::delay::NoopDelay;
use oddity_sensors::bme280::{Bme280, Filter, Oversampling, Settings};
use oddity_sensors::{Address, Chip, Error, OnI2c};
use proptest::prelude::*;

use crate::common::{Memory, frame, read, start, write};

const AT: u8 = 0x76;

/// The coefficients of the datasheet's example, of which the humidity's are those of a real chip.
const FIRST: [u8; 26] = [
    0x70, 0x6b, 0x43, 0x67, 0x18, 0xfc, 0x7d, 0x8e, 0x43, 0xd6, 0xd0, 0x0b, 0x27, 0x0b, 0x8c, 0x00,
    0xf9, 0xff, 0x8c, 0x3c, 0xf8, 0xc6, 0x70, 0x17, 0x00, 0x4b,
];
const HUMIDITY: [u8; 7] = [0x6d, 0x01, 0x00, 0x13, 0x29, 0x03, 0x1e];

fn chip() -> Chip {
    let settings =
        Settings { oversampling: Oversampling::of(4).unwrap(), filter: Filter::of(16).unwrap() };
    Chip::Bme280(Bme280::new(settings))
}

fn data(pressure: u32, temperature: u32, humidity: u16) -> [u8; 8] {
    let [_, p0, p1, p2] = (pressure << 4).to_be_bytes();
    let [_, t0, t1, t2] = (temperature << 4).to_be_bytes();
    let [h0, h1] = humidity.to_be_bytes();
    [p0, p1, p2, t0, t1, t2, h0, h1]
}

fn started() -> Chip {
    let mut chip = chip();
    let said = [
        read(AT, 0xd0, &[0x60]),
        write(AT, &[0xe0, 0xb6]),
        read(AT, 0xf3, &[0x01]),
        read(AT, 0xf3, &[0x00]),
        read(AT, 0x88, &FIRST),
        read(AT, 0xe1, &HUMIDITY),
        write(AT, &[0xf5, 0x10]),
        write(AT, &[0xf2, 0x03]),
        write(AT, &[0xf4, 0x6f]),
    ];
    start(&mut chip, AT, &said).unwrap();
    chip
}

/// Bosch's example: 519888 is 25.08 °C, and with it 415148 is 100653.27 Pa.
#[test]
fn the_example_of_the_datasheet() {
    let said = [read(AT, 0xf7, &data(415_148, 519_888, 0x6000))];
    let values = frame(&mut started(), AT, &said).unwrap();
    assert!((values[0] - 25.0825).abs() < 1e-3, "{values:?}");
    assert!((values[1] - 1006.5327).abs() < 1e-3, "{values:?}");
    assert!((20.0..40.0).contains(&values[2]), "{values:?}");
}

#[test]
fn a_reading_that_was_never_measured_is_not_ready() {
    let frame = frame(&mut started(), AT, &[read(AT, 0xf7, &data(0x80000, 0x80000, 0x8000))]);
    assert_eq!(frame, Err(Error::NotReady { chip: "BME280" }));
}

#[test]
fn a_chip_that_never_comes_up_is_given_up() {
    let mut said = vec![read(AT, 0xd0, &[0x60]), write(AT, &[0xe0, 0xb6])];
    said.extend(vec![read(AT, 0xf3, &[0xff]); 10]);
    let stuck = start(&mut chip(), AT, &said).unwrap_err();
    assert_eq!(stuck, Error::Stuck { chip: "BME280", what: "its reset" });
}

/// A chip that is memory, with these coefficients and readings; what our driver makes of it.
fn ours(memory: &mut Memory) -> [f32; 3] {
    let mut chip = Chip::Bme280(Bme280::new(Settings::default()));
    let mut bus = OnI2c::new(memory, Address::new(AT).unwrap());
    chip.start(&mut bus, &mut NoopDelay::new()).unwrap();
    let mut values = [f32::NAN; 3];
    chip.read(&mut bus, &mut NoopDelay::new(), &mut values).unwrap();
    values
}

fn memory(first: &[u8; 26], humidity: &[u8; 7], data: &[u8; 8]) -> Memory {
    let mut memory = Memory::new();
    memory.put(0xd0, &[0x60]);
    memory.put(0x88, first);
    memory.put(0xe1, humidity);
    memory.put(0xf7, data);
    memory
}

/// The coefficient of the twelve bits in 0xe4 and 0xe5 has a sign, as in the kernel's driver: the humidity
/// goes on evenly where it changes.
#[test]
fn coefficients_of_twelve_bits_have_a_sign() {
    let with = |h4: i16| {
        let [high, low] = (h4 << 4).to_be_bytes();
        let mut humidity = HUMIDITY;
        (humidity[3], humidity[4]) = (high, 0x20 | low >> 4);
        ours(&mut memory(&FIRST, &humidity, &data(415_148, 519_888, 0x1000)))[2]
    };
    let (below, zero, above) = (with(-1), with(0), with(1));
    assert!(below > zero && zero > above, "{below} {zero} {above}");
    assert!((below - zero - (zero - above)).abs() < 1e-3, "{below} {zero} {above}");
}

proptest! {
    /// Another driver computes in whole numbers, as the datasheet's other appendix does.
    #[test]
    fn the_compensation_is_that_of_another_driver(
        t in 400_000_u32..650_000,
        p in 300_000_u32..500_000,
        h in 15_000_u16..45_000,
    ) {
        let mut memory = memory(&FIRST, &HUMIDITY, &data(p, t, h));
        let [temperature, pressure, humidity] = ours(&mut memory);
        let mut theirs = bme280_rs::Bme280::new(memory, NoopDelay::new());
        theirs.init().unwrap();
        let sample = theirs.read_sample().unwrap();
        prop_assert!((temperature - sample.temperature.unwrap()).abs() < 0.02);
        prop_assert!((pressure - sample.pressure.unwrap() / 100.0).abs() < 0.05);
        prop_assert!((humidity - sample.humidity.unwrap()).abs() < 0.1);
    }

    /// Whatever a broken chip says, the humidity stays in its range or is missing, and nothing panics.
    #[test]
    fn no_coefficients_break_it(
        first in proptest::array::uniform26(any::<u8>()),
        humidity in proptest::array::uniform7(any::<u8>()),
        data in proptest::array::uniform8(any::<u8>()),
    ) {
        let mut data = data;
        // Not the value of a reading that was never made.
        (data[0], data[3]) = (data[0] & 0x7f, data[3] & 0x7f);
        let [_, _, humidity] = ours(&mut memory(&first, &humidity, &data));
        prop_assert!(humidity.is_nan() || (0.0..=100.0).contains(&humidity));
    }
}
