use oddity_sensors::bus::{Marks, Value};
use oddity_sensors::field::{Bits, BitsError, Endian, Width};
use oddity_sensors::table::{Description, Identity, Ready, Register, Table, TableError, Write};
use oddity_sensors::{Chip, Error};
use proptest::prelude::*;

use crate::common::{frame, read, start, write};

const AT: u8 = 0x2a;

fn register(name: &str, address: u8, bits: Bits) -> Register {
    let (name, unit) = (name.to_owned(), "g".to_owned());
    Register { name, unit, address, bits, scale: 1.0, offset: 0.0 }
}

fn word(name: &str, address: u8) -> Register {
    register(name, address, Bits::whole(Width::W16, Endian::Little, true))
}

fn chip(description: Description) -> Chip {
    Chip::Table(Table::new(description).unwrap())
}

#[test]
fn it_checks_writes_and_reads_as_described() {
    let sensor = Description {
        registers: vec![
            Register { scale: 0.5, offset: -40.0, ..word("t", 0x10) },
            register("p", 0x20, Bits::whole(Width::W24, Endian::Big, false)),
        ],
        identity: Some(Identity {
            address: 0x00,
            width: Width::W16,
            endian: Endian::Big,
            mask: 0xfff0,
            expected: 0x1230,
        }),
        writes: vec![
            Write { address: 0x01, value: Value::byte(0x80), wait_ms: 10 },
            Write { address: 0x02, value: Value::new(&[1, 2, 3, 4]).unwrap(), wait_ms: 0 },
        ],
        ready: Some(Ready { address: 0x03, mask: 0x09, value: 0x08 }),
        ..Description::default()
    };
    let mut chip = chip(sensor);
    let said =
        [read(AT, 0x00, &[0x12, 0x3f]), write(AT, &[0x01, 0x80]), write(AT, &[0x02, 1, 2, 3, 4])];
    start(&mut chip, AT, &said).unwrap();
    let said = [
        read(AT, 0x03, &[0xf8]),
        read(AT, 0x10, &[0x00, 0x80]),
        read(AT, 0x20, &[0x01, 0x02, 0x03]),
    ];
    assert_eq!(frame(&mut chip, AT, &said), Ok(vec![-16424.0, 66051.0]));
    assert_eq!(
        frame(&mut chip, AT, &[read(AT, 0x03, &[0x09])]),
        Err(Error::NotReady { chip: "registers" })
    );
    let wrong = start(&mut chip, AT, &[read(AT, 0x00, &[0x12, 0x4f])]);
    assert!(matches!(wrong, Err(Error::WrongChip { expected: 0x1230, found: 0x1240, .. })));
    let first = chip.channel(0).unwrap();
    assert_eq!((first.low, first.high), (-16424.0, 16343.5));
}

#[test]
fn neighbours_are_read_together_where_the_chip_allows_it() {
    let registers = vec![word("x", 0x28), word("y", 0x2a), word("z", 0x2c), word("t", 0x0c)];
    let marks = Marks { i2c_burst: 0x80, ..Marks::default() };
    let together = Description { registers, marks, burst: true, ..Description::default() };
    let said = [read(AT, 0xa8, &[1, 0, 2, 0, 3, 0]), read(AT, 0x8c, &[4, 0])];
    assert_eq!(frame(&mut chip(together.clone()), AT, &said), Ok(vec![1.0, 2.0, 3.0, 4.0]));
    let alone = Description { burst: false, marks: Marks::default(), ..together };
    let said = [(0x28, 1), (0x2a, 2), (0x2c, 3), (0x0c, 4)].map(|(at, n)| read(AT, at, &[n, 0]));
    assert_eq!(frame(&mut chip(alone), AT, &said), Ok(vec![1.0, 2.0, 3.0, 4.0]));
}

#[test]
fn a_transfer_of_neighbours_ends_at_32_bytes() {
    let bits = Bits::whole(Width::W32, Endian::Big, false);
    let registers = (0..10).map(|n| register(&n.to_string(), 4 * n, bits)).collect();
    let mut chip = chip(Description { registers, burst: true, ..Description::default() });
    let said = [read(AT, 0, &[0; 32]), read(AT, 32, &[0, 0, 0, 1, 0, 0, 0, 2])];
    let values = frame(&mut chip, AT, &said).unwrap();
    assert_eq!(values[8..], [1.0, 2.0]);
}

#[test]
fn what_makes_no_sense_is_refused() {
    let with = |registers| Table::new(Description { registers, ..Description::default() });
    assert_eq!(with(vec![]), Err(TableError::Count(0)));
    assert_eq!(with(vec![word("", 7)]), Err(TableError::Unnamed(7)));
    assert_eq!(with(vec![word("a", 0), word("a", 2)]), Err(TableError::Twice("a".into())));
    for scale in [0.0, f64::NAN, f64::INFINITY] {
        let register = Register { scale, ..word("a", 0) };
        assert_eq!(with(vec![register]), Err(TableError::Scale("a".into())));
    }
    let many = (0..65).map(|n| word(&n.to_string(), n)).collect();
    assert_eq!(with(many), Err(TableError::Count(65)));
    let ready = Some(Ready { address: 0, mask: 1, value: 2 });
    let never = Description { registers: vec![word("a", 0)], ready, ..Description::default() };
    assert_eq!(Table::new(never), Err(TableError::Ready { value: 2, mask: 1 }));
}

#[test]
fn masks_that_are_no_number_are_refused() {
    let byte = Bits::whole(Width::W8, Endian::Big, false);
    assert_eq!(byte.masked(0, None), Err(BitsError::Mask { mask: 0, bits: 8 }));
    assert_eq!(byte.masked(0x100, None), Err(BitsError::Mask { mask: 0x100, bits: 8 }));
    assert_eq!(byte.masked(0x5, None), Err(BitsError::Hole { mask: 5 }));
    assert_eq!(byte.masked(0xf0, Some(5)), Err(BitsError::Shift { shift: 5, mask: 0xf0, most: 4 }));
    // An INA219's bus voltage, and a number whose lowest bits stay what they stand for.
    let word = Bits::whole(Width::W16, Endian::Big, false);
    assert_eq!(word.masked(0xfff8, None).unwrap().decode(&[0x5d, 0x98]), 2995);
    assert_eq!(word.masked(0xfff8, Some(0)).unwrap().decode(&[0x5d, 0x9f]), 2995 * 8);
}

prop_compose! {
    fn bits()(
        width in prop::sample::select(vec![8_u32, 16, 24, 32]),
        little in any::<bool>(),
        signed in any::<bool>(),
        at in 0_u32..32,
        count in 1_u32..=32,
        kept in 0_u32..32,
    ) -> (u32, bool, bool, u32, u32, u32) {
        let at = at % width;
        let count = (count - 1) % (width - at) + 1;
        (width, little, signed, at, count, kept % (at + 1))
    }
}

proptest! {
    /// A number that is put into its place, among bits that are anything, is found there again.
    #[test]
    fn what_is_put_in_comes_out(
        (width, little, signed, at, count, shift) in bits(),
        around in any::<u32>(),
        number in any::<u32>(),
    ) {
        let mask = (u32::MAX >> (32 - count)) << at;
        let endian = if little { Endian::Little } else { Endian::Big };
        let whole = Bits::whole(Width::of_bits(width).unwrap(), endian, signed);
        let bits = whole.masked(mask, Some(shift)).unwrap();

        let number = number & (u32::MAX >> (32 - count));
        let raw = (around & !mask) | number << at;
        let all = raw.to_be_bytes();
        let mut bytes = all[4 - width as usize / 8..].to_vec();
        if little {
            bytes.reverse();
        }
        // Two's complement by its definition.
        let negative = signed && number >> (count - 1) == 1;
        let plain = i64::from(number) - if negative { 1_i64 << count } else { 0 };
        let expected = plain * (1_i64 << (at - shift));
        prop_assert_eq!(bits.decode(&bytes), expected);
        let (low, high) = bits.ends();
        prop_assert!((low..=high).contains(&expected));
    }

    #[test]
    fn the_ends_are_reached((width, little, signed, at, count, shift) in bits()) {
        let mask = (u32::MAX >> (32 - count)) << at;
        let endian = if little { Endian::Little } else { Endian::Big };
        let whole = Bits::whole(Width::of_bits(width).unwrap(), endian, signed);
        let bits = whole.masked(mask, Some(shift)).unwrap();
        let decode = |number: u32| {
            let mut bytes = (number << at).to_be_bytes()[4 - width as usize / 8..].to_vec();
            if little {
                bytes.reverse();
            }
            bits.decode(&bytes)
        };
        let top = 1_u32 << (count - 1);
        let all = u32::MAX >> (32 - count);
        let ends = if signed { (decode(top), decode(all & !top)) } else { (0, decode(all)) };
        prop_assert_eq!(bits.ends(), ends);
    }
}
