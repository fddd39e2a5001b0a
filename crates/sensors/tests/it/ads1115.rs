use oddity_sensors::ads1115::{Ads1115, Input, Port, Range, Rate, Settings};
use oddity_sensors::scale::{Scale, Unit};
use oddity_sensors::{Chip, Error};

use crate::common::{NACK, frame, read, start, write};

const AT: u8 = 0x48;

fn chip(ports: &[Port]) -> Chip {
    Chip::Ads1115(Ads1115::new(Settings::new(ports, Rate::at_least(860.0).unwrap()).unwrap()))
}

fn port(input: Input, range: Range) -> Port {
    Port { input, range, ..Port::default() }
}

/// The conversation for one reading.
fn conversion(config: u16, code: u16) -> Vec<embedded_hal_mock::eh1::i2c::Transaction> {
    let [high, low] = (0x8000 | config).to_be_bytes();
    let done = read(AT, 0x01, &[high, low]);
    vec![write(AT, &[0x01, high, low]), done, read(AT, 0x00, &code.to_be_bytes())]
}

/// Table 7-3 of the datasheet: the codes of the ends, of one step to each side and of zero.
#[test]
fn the_codes_of_the_datasheet() {
    let step = 2.048 / 32768.0;
    for (code, volts) in
        [(0x7fff, 32767.0 * step), (0x0001, step), (0, 0.0), (0xffff, -step), (0x8000, -2.048)]
    {
        let mut chip = chip(&[port(Input::A0, Range::V2)]);
        assert_eq!(frame(&mut chip, AT, &conversion(0x45e3, code)), Ok(vec![volts]));
    }
}

#[test]
fn each_port_is_a_conversion_of_its_own() {
    let ports = [port(Input::A3, Range::V6), port(Input::A0A1, Range::V025)];
    let mut said = conversion(0x71e3, 0x4000);
    said.extend(conversion(0x0be3, 0xc000));
    let values = frame(&mut chip(&ports), AT, &said).unwrap();
    assert_eq!(values, [3.072, -0.128]);
}

#[test]
fn a_conversion_is_asked_for_again_and_not_for_ever() {
    let mut chip = chip(&[port(Input::A0, Range::V2)]);
    let busy = read(AT, 0x01, &[0x45, 0xe3]);
    let mut said = conversion(0x45e3, 0x4000);
    said.insert(1, busy.clone());
    assert_eq!(frame(&mut chip, AT, &said), Ok(vec![1.024]));

    let mut said = vec![write(AT, &[0x01, 0xc5, 0xe3])];
    said.extend(vec![busy; 5]);
    let stuck = frame(&mut chip, AT, &said).unwrap_err();
    assert_eq!(stuck, Error::Stuck { chip: "ADS1115", what: "a conversion" });
    assert!(stuck.needs_start());
}

#[test]
fn the_configuration_is_read_back() {
    let port = [port(Input::A0, Range::V2)];
    let told = write(AT, &[0x01, 0x45, 0xe3]);
    start(&mut chip(&port), AT, &[told.clone(), read(AT, 1, &[0xc5, 0xe3])]).unwrap();
    let wrong = start(&mut chip(&port), AT, &[told.clone(), read(AT, 1, &[0x85, 0x83])]);
    assert!(matches!(wrong, Err(Error::WrongChip { expected: 0x45e3, found: 0x583, .. })));
    let absent = start(&mut chip(&port), AT, &[told.with_error(NACK)]);
    assert_eq!(absent, Err(Error::Bus { chip: "ADS1115", register: 1, error: NACK }));
}

#[test]
fn a_loop_gives_its_unit_and_nothing_when_it_is_broken() {
    // 0 to 16 bar through 100 ohm: 12 mA are 1.2 V are 8 bar.
    let scale = Scale::current_loop(100.0, (0.0, 16.0)).unwrap();
    let unit = Unit::new("bar").unwrap();
    let mut chip = chip(&[Port { input: Input::A1, range: Range::V4, scale, unit }]);
    let values = frame(&mut chip, AT, &conversion(0x53e3, 9600)).unwrap();
    assert!((values[0] - 8.0).abs() < 1e-3, "{values:?}");
    let values = frame(&mut chip, AT, &conversion(0x53e3, 12)).unwrap();
    assert!(values[0].is_nan());
    assert_eq!(chip.channel(0).unwrap().unit, "bar");
}

#[test]
fn there_are_one_to_four_ports() {
    let port = port(Input::A0, Range::V2);
    assert_eq!(Settings::new(&[], Rate::default()), None);
    assert_eq!(Settings::new(&[port; 5], Rate::default()), None);
    assert_eq!(Settings::new(&[port; 4], Rate::default()).unwrap().ports().len(), 4);
}
