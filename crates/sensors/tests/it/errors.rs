use embedded_hal::i2c::ErrorKind;
use oddity_sensors::adxl345::{Adxl345, Settings};
use oddity_sensors::bme280::Bme280;
use oddity_sensors::mpu6050::Mpu6050;
use oddity_sensors::thermometer::Lm75;
use oddity_sensors::{Address, Chip, Error, Kind};

use crate::common::{read, start, talk};

fn message(mut chip: Chip, address: u8, register: u8, id: u8) -> String {
    start(&mut chip, address, &[read(address, register, &[id])]).unwrap_err().to_string()
}

#[test]
fn a_wrong_chip_is_named_with_what_it_probably_is() {
    let bme = || Chip::Bme280(Bme280::new(Default::default()));
    assert_eq!(
        message(bme(), 0x76, 0xd0, 0x58),
        "BME280: register 0xd0 reads 0x58 where 0x60 is expected: this is a BMP280, which has no humidity"
    );
    let nothing = message(bme(), 0x76, 0xd0, 0xff);
    assert!(
        nothing.ends_with("nothing answers; see to wiring, power and the select line"),
        "{nothing}"
    );
    let adxl = message(Chip::Adxl345(Adxl345::new(Settings::default())), 0x53, 0x00, 0x33);
    assert_eq!(
        adxl,
        "ADXL345: register 0x00 reads 0x33 where 0xe5 is expected: wrong address, or another chip"
    );
    let mpu = message(Chip::Mpu6050(Mpu6050::new(Default::default())), 0x68, 0x75, 0x70);
    assert!(mpu.ends_with("this is an MPU6500"), "{mpu}");
}

#[test]
fn a_buffer_that_is_no_frame_says_so_before_anything_is_read() {
    let mut chip = Chip::Adxl345(Adxl345::new(Settings::default()));
    let error = talk(0x53, &[], |bus, delay| chip.read(bus, delay, &mut [0.0; 4])).unwrap_err();
    assert_eq!(error, Error::<ErrorKind>::Buffer { chip: "ADXL345", channels: 3, found: 4 });
    assert_eq!(error.to_string(), "ADXL345: a buffer of 4 values, where a frame has 3");
    let error = talk(0x53, &[], |bus, delay| chip.drain(bus, delay, &mut [0.0; 6])).unwrap_err();
    assert_eq!(error, Error::<ErrorKind>::NoFifo { chip: "ADXL345" });
    let error = talk(0x53, &[], |bus, delay| chip.drain(bus, delay, &mut [])).unwrap_err();
    assert_eq!(error, Error::<ErrorKind>::Buffer { chip: "ADXL345", channels: 3, found: 0 });
}

#[test]
fn every_kind_knows_where_it_can_be() {
    assert_eq!(Address::new(0x07), None);
    assert_eq!(Address::new(0x78), None);
    let at = |address| Address::new(address).unwrap();
    assert!(Kind::Adxl345.can_be_at(at(0x1d)) && !Kind::Adxl345.can_be_at(at(0x18)));
    assert!(Kind::Lm75.can_be_at(at(0x4f)) && !Kind::Tmp102.can_be_at(at(0x4f)));
    assert!(Kind::Table.can_be_at(at(0x77)));
    assert!(Kind::Bme280.has_spi() && !Kind::Mpu6050.has_spi());
    assert_eq!(Chip::Lm75(Lm75::default()).kind().name(), "LM75");
}
