use oddity_sensors::accel::{Range, Watermark};
use oddity_sensors::lis3dh::{Lis3dh, Rate, Settings};
use oddity_sensors::{Chip, Drained, Error};

use crate::common::{NACK, drain, frame, read, start, talk, write};

const AT: u8 = 0x18;

fn chip(range: Range, fifo: Option<Watermark>) -> Chip {
    Chip::Lis3dh(Lis3dh::new(Settings { range, rate: Rate::at_least(400.0).unwrap(), fifo }))
}

#[test]
fn it_starts_with_an_empty_fifo() {
    let said = [
        read(AT, 0x0f, &[0x33]),
        write(AT, &[0x2e, 0x00]),
        write(AT, &[0x20, 0x77]),
        write(AT, &[0x22, 0x04]),
        write(AT, &[0x23, 0x98]),
        write(AT, &[0x24, 0x40]),
        write(AT, &[0x2e, 0x94]),
    ];
    start(&mut chip(Range::G4, Watermark::new(20)), AT, &said).unwrap();
}

#[test]
fn twelve_bits_from_the_left_at_both_ends() {
    let data = [0x08, 0xf0, 0x7f, 0x00, 0x80, 0xf0, 0xff];
    let mut chip = chip(Range::G2, None);
    let values = frame(&mut chip, AT, &[read(AT, 0x27 | 0x80, &data)]).unwrap();
    for (value, expected) in values.iter().zip([2.047, -2.048, -0.001]) {
        assert!((value - expected).abs() < 1e-6, "{value} {expected}");
    }
    let channel = chip.channel(2).unwrap();
    assert!((channel.low + 2.048).abs() < 1e-6 && (channel.high - 2.047).abs() < 1e-6);
}

#[test]
fn without_new_data_it_is_not_ready() {
    let frame = frame(&mut chip(Range::G2, None), AT, &[read(AT, 0xa7, &[0x07, 0, 0, 0, 0, 0, 0])]);
    assert_eq!(frame, Err(Error::NotReady { chip: "LIS3DH" }));
}

/// A FIFO of `frames` that begin with `first`, each step 16 units of the lowest bits.
fn bytes(first: i16, frames: i16) -> Vec<u8> {
    let axes = |frame: i16| [frame, -frame, 0].map(|value| (value * 16).to_le_bytes());
    (first..first + frames).flat_map(axes).flatten().collect()
}

#[test]
fn a_full_fifo_is_one_transfer_of_32_frames_and_a_gap() {
    let mut chip = chip(Range::G16, Some(Watermark::default()));
    let said = [read(AT, 0x2f, &[0xdf]), read(AT, 0xa8, &bytes(1, 32))];
    let (drained, values) = drain(&mut chip, AT, 40, &said).unwrap();
    assert_eq!(drained, Drained { frames: 32, gap: true, left: 0 });
    assert_eq!(values.len(), 96);
    assert!((values[93] - 32.0 * 0.012).abs() < 1e-6 && (values[94] + 32.0 * 0.012).abs() < 1e-6);
}

#[test]
fn a_small_buffer_takes_whole_frames_and_says_how_many_are_left() {
    let mut chip = chip(Range::G2, Some(Watermark::default()));
    let said = [read(AT, 0x2f, &[0x05]), read(AT, 0xa8, &bytes(1, 2))];
    let (drained, values) = drain(&mut chip, AT, 2, &said).unwrap();
    assert_eq!(drained, Drained { frames: 2, gap: false, left: 3 });
    assert!((values[3] - 0.002).abs() < 1e-9);

    let (drained, _) = drain(&mut chip, AT, 2, &[read(AT, 0x2f, &[0x20])]).unwrap();
    assert_eq!(drained, Drained::default());
}

#[test]
fn reading_a_chip_with_a_fifo_takes_the_oldest_frame_and_refuses_a_gap() {
    let mut chip = chip(Range::G2, Some(Watermark::default()));
    let said = [read(AT, 0x2f, &[0x02]), read(AT, 0xa8, &bytes(7, 1))];
    let values = frame(&mut chip, AT, &said).unwrap();
    assert!((values[0] - 0.007).abs() < 1e-9);
    let said = [read(AT, 0x2f, &[0x5f]), read(AT, 0xa8, &bytes(7, 1))];
    assert_eq!(frame(&mut chip, AT, &said), Err(Error::Overrun { chip: "LIS3DH" }));
    let empty = frame(&mut chip, AT, &[read(AT, 0x2f, &[0x20])]);
    assert_eq!(empty, Err(Error::NotReady { chip: "LIS3DH" }));
}

#[test]
fn the_level_is_asked_alone() {
    let mut with = chip(Range::G2, Some(Watermark::default()));
    let level = |chip: &mut Chip, said: &[_]| talk(AT, said, |bus, _| chip.level(bus));
    assert_eq!(level(&mut with, &[read(AT, 0x2f, &[0x91])]), Ok(17));
    assert_eq!(level(&mut with, &[read(AT, 0x2f, &[0xdf])]), Ok(32));
    let failed = level(&mut with, &[read(AT, 0x2f, &[0]).with_error(NACK)]);
    assert_eq!(failed, Err(Error::Bus { chip: "LIS3DH", register: 0x2f, error: NACK }));
    assert_eq!(level(&mut chip(Range::G2, None), &[]), Err(Error::NoFifo { chip: "LIS3DH" }));
}
