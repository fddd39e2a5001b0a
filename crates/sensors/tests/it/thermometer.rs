use oddity_sensors::thermometer::{Lm75, Lm75Kind, Tmp102, Tmp102Rate};
use oddity_sensors::{Chip, Error};

use crate::common::{frame, read, start, write};

const AT: u8 = 0x48;

/// Table 2 of the TMP102's datasheet.
const EXAMPLES: [(f32, u16); 10] = [
    (127.9375, 0x7ff),
    (100.0, 0x640),
    (80.0, 0x500),
    (75.0, 0x4b0),
    (25.0, 0x190),
    (0.25, 0x004),
    (0.0, 0x000),
    (-0.25, 0xffc),
    (-25.0, 0xe70),
    (-55.0, 0xc90),
];

#[test]
fn the_temperatures_of_the_datasheet() {
    for mut chip in [Chip::Tmp102(Tmp102::default()), Chip::Lm75(Lm75::new(Lm75Kind::Tmp75))] {
        for (expected, code) in EXAMPLES {
            let said = [read(AT, 0x00, &(code << 4).to_be_bytes())];
            assert_eq!(frame(&mut chip, AT, &said), Ok(vec![expected]));
        }
    }
}

#[test]
fn bits_that_a_chip_has_not_are_cut() {
    let at = |kind| frame(&mut Chip::Lm75(Lm75::new(kind)), AT, &[read(AT, 0, &[0xff, 0xff])]);
    assert_eq!(at(Lm75Kind::Lm75), Ok(vec![-0.5]));
    assert_eq!(at(Lm75Kind::Lm75b), Ok(vec![-0.125]));
    assert_eq!(at(Lm75Kind::Tmp75), Ok(vec![-0.0625]));
}

#[test]
fn a_tmp102_is_known_by_its_bits_that_cannot_be_written() {
    let rate = Tmp102Rate::at_least(5.0).unwrap();
    let chip = || Chip::Tmp102(Tmp102::new(rate));
    let told = write(AT, &[0x01, 0x60, 0xc0]);
    // The alert pin's bit may be anything.
    start(&mut chip(), AT, &[told.clone(), read(AT, 0x01, &[0x60, 0xe0])]).unwrap();
    // An LM75 has one byte there, and repeats it.
    let wrong = start(&mut chip(), AT, &[told, read(AT, 0x01, &[0x00, 0x00])]);
    assert!(matches!(wrong, Err(Error::WrongChip { chip: "TMP102", register: 1, found: 0, .. })));
}

#[test]
fn a_tmp75_is_told_to_measure_in_12_bits() {
    let chip = || Chip::Lm75(Lm75::new(Lm75Kind::Tmp75));
    start(&mut chip(), AT, &[write(AT, &[1, 0x60]), read(AT, 1, &[0x60])]).unwrap();
    // An LM75 leaves those bits zero.
    let wrong = start(&mut chip(), AT, &[write(AT, &[1, 0x60]), read(AT, 1, &[0x00])]);
    assert!(matches!(wrong, Err(Error::WrongChip { expected: 0x60, found: 0, .. })));
}
