use ina219::configuration::{
    BusVoltageRange, Configuration, OperatingMode, Resolution, ShuntVoltageRange,
};
use oddity_sensors::ina219::{Average, Ina219, Settings, ShuntRange};
use oddity_sensors::{Chip, Error};

use crate::common::{frame, read, start, write};

const AT: u8 = 0x40;

fn chip(settings: Settings) -> Chip {
    Chip::Ina219(Ina219::new(settings))
}

fn close(values: &[f32], expected: [f32; 2]) {
    for (value, expected) in values.iter().zip(expected) {
        assert!((value - expected).abs() < 1e-4, "{value} {expected}");
    }
}

/// The datasheet's example: 10 A through 2 mΩ, and 11.98 V.
#[test]
fn the_example_of_the_datasheet() {
    let said = [read(AT, 0x02, &[0x5d, 0x9a]), read(AT, 0x01, &[0x07, 0xd0])];
    let values = frame(&mut chip(Settings::new(0.002).unwrap()), AT, &said).unwrap();
    close(&values, [11.98, 10.0]);
}

/// The ends of the datasheet's table of the shunt's voltage, through 0.1 Ω.
#[test]
fn the_shunt_at_both_ends() {
    for (code, ampere) in [(0x7d00_u16, 3.2), (0x8300, -3.2), (0xffff, -0.0001)] {
        let said = [read(AT, 0x02, &[0, 2]), read(AT, 0x01, &code.to_be_bytes())];
        let mut chip = chip(Settings::new(0.1).unwrap());
        close(&frame(&mut chip, AT, &said).unwrap(), [0.0, ampere]);
        let current = chip.channel(1).unwrap();
        assert!((current.low + 3.2).abs() < 1e-5 && (current.high - 3.2).abs() < 1e-5);
    }
}

/// The bits are those that another driver writes for the same settings.
#[test]
fn the_configuration_is_that_of_another_driver() {
    let mut settings = Settings::new(0.1).unwrap();
    settings.shunt_range = ShuntRange::Mv80;
    settings.to_32_volts = false;
    settings.average = Average::of(16).unwrap();
    let theirs = Configuration {
        bus_voltage_range: BusVoltageRange::Fsr16v,
        shunt_voltage_range: ShuntVoltageRange::Fsr80mv,
        bus_resolution: Resolution::Avg16,
        shunt_resolution: Resolution::Avg16,
        operating_mode: OperatingMode::default(),
        ..Configuration::default()
    };
    let [high, low] = theirs.as_bits().to_be_bytes();
    let said = [
        write(AT, &[0x00, 0x80, 0x00]),
        read(AT, 0x00, &[0x39, 0x9f]),
        write(AT, &[0x00, high, low]),
    ];
    start(&mut chip(settings), AT, &said).unwrap();
}

#[test]
fn without_a_conversion_it_is_not_ready_and_without_its_reset_another_chip() {
    let mut chip = chip(Settings::new(0.1).unwrap());
    let frame = frame(&mut chip, AT, &[read(AT, 0x02, &[0x5d, 0x98])]);
    assert_eq!(frame, Err(Error::NotReady { chip: "INA219" }));
    let said = [write(AT, &[0, 0x80, 0]), read(AT, 0, &[0x41, 0x27])];
    let wrong = start(&mut chip, AT, &said).unwrap_err();
    assert!(matches!(wrong, Error::WrongChip { expected: 0x399f, found: 0x4127, .. }));
}

#[test]
fn settings_that_cannot_be_are_none() {
    for ohm in [0.0, -0.1, f32::NAN, f32::INFINITY] {
        assert_eq!(Settings::new(ohm), None);
    }
    assert!(Average::of(0).is_none() && Average::of(3).is_none() && Average::of(256).is_none());
    assert!(Average::of(1).is_some() && Average::of(128).is_some());
}
