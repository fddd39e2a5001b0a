use embedded_hal_mock::eh1::delay::NoopDelay;
use embedded_hal_mock::eh1::spi::{Mock as Spi, Transaction as SpiTransaction};
use oddity_sensors::accel::{Range, Watermark};
use oddity_sensors::adxl345::{Adxl345, Rate, Settings};
use oddity_sensors::{Chip, Drained, Error, OnSpi};

use crate::common::{NACK, drain, frame, read, start, write};

const AT: u8 = 0x53;

fn chip(fifo: Option<Watermark>) -> Chip {
    let rate = Rate::at_least(800.0).unwrap();
    Chip::Adxl345(Adxl345::new(Settings { range: Range::G16, rate, fifo }))
}

#[test]
fn it_is_set_in_standby_and_then_measures() {
    let said = [
        read(AT, 0x00, &[0xe5]),
        write(AT, &[0x2d, 0x00]),
        write(AT, &[0x38, 0x00]),
        write(AT, &[0x2c, 0x0d]),
        write(AT, &[0x31, 0x0b]),
        write(AT, &[0x38, 0x90]),
        write(AT, &[0x2e, 0x02]),
        write(AT, &[0x2d, 0x08]),
    ];
    start(&mut chip(Some(Watermark::default())), AT, &said).unwrap();
}

#[test]
fn a_frame_is_one_transfer_and_both_ends_of_the_range_are_right() {
    // 0x0fff and 0xf000: the ends of ±16 g in 13 bits.
    let data = [0x83, 0x0b, 0xff, 0x0f, 0x00, 0xf0, 0xff, 0xff];
    let mut chip = chip(None);
    let values = frame(&mut chip, AT, &[read(AT, 0x30, &data)]).unwrap();
    assert_eq!(values, [4095.0 / 256.0, -16.0, -1.0 / 256.0]);
    let first = chip.channel(0).unwrap();
    assert_eq!((first.low, first.high), (-16.0, 4095.0 / 256.0));
}

#[test]
fn a_chip_in_standby_is_not_ready() {
    let frame = frame(&mut chip(None), AT, &[read(AT, 0x30, &[0x02, 0, 0, 0, 0, 0, 0, 0])]);
    assert_eq!(frame, Err(Error::NotReady { chip: "ADXL345" }));
}

#[test]
fn the_fifo_is_drained_frame_by_frame_and_tells_of_an_overrun() {
    let mut chip = chip(Some(Watermark::default()));
    let said = [
        read(AT, 0x30, &[0x83]),
        read(AT, 0x39, &[0x03]),
        read(AT, 0x32, &[0x00, 0x01, 0, 0, 0, 0]),
        read(AT, 0x32, &[0x00, 0x02, 0, 0, 0, 0]),
    ];
    let (drained, values) = drain(&mut chip, AT, 2, &said).unwrap();
    assert_eq!(drained, Drained { frames: 2, gap: true, left: 1 });
    assert_eq!(values, [1.0, 0.0, 0.0, 2.0, 0.0, 0.0]);

    let said = [read(AT, 0x30, &[0x00]), read(AT, 0x39, &[0x00])];
    let (drained, _) = drain_empty(&mut chip, &said);
    assert_eq!(drained, Drained::default());
}

fn drain_empty(
    chip: &mut Chip,
    said: &[embedded_hal_mock::eh1::i2c::Transaction],
) -> (Drained, Vec<f32>) {
    drain(chip, AT, 4, said).unwrap()
}

#[test]
fn a_nack_in_the_middle_of_a_drain_names_the_register() {
    let said = [
        read(AT, 0x30, &[0x82]),
        read(AT, 0x39, &[0x02]),
        read(AT, 0x32, &[0; 6]),
        read(AT, 0x32, &[0; 6]).with_error(NACK),
    ];
    let error = drain(&mut chip(Some(Watermark::default())), AT, 4, &said).unwrap_err();
    assert_eq!(error, Error::Bus { chip: "ADXL345", register: 0x32, error: NACK });
    assert!(!error.needs_start());
}

#[test]
fn on_spi_reads_and_bursts_are_marked_and_writes_are_not() {
    let (begin, end) = (SpiTransaction::transaction_start, SpiTransaction::transaction_end);
    let mut said = vec![
        begin(),
        SpiTransaction::write_vec(vec![0x80]),
        SpiTransaction::read_vec(vec![0xe5]),
        end(),
    ];
    for (register, value) in
        [(0x2d, 0), (0x38, 0), (0x2c, 0x0d), (0x31, 0x0b), (0x2e, 0), (0x2d, 8)]
    {
        said.extend([begin(), SpiTransaction::write_vec(vec![register])]);
        said.extend([SpiTransaction::write_vec(vec![value]), end()]);
    }
    said.extend([
        begin(),
        SpiTransaction::write_vec(vec![0xf0]),
        SpiTransaction::read_vec(vec![0x80, 0x0b, 0, 1, 0, 0, 0, 0]),
        end(),
    ]);
    let mut spi = Spi::new(&said);
    let mut chip = chip(None);
    let mut bus = OnSpi::new(&mut spi);
    let mut values = [0.0; 3];
    chip.start(&mut bus, &mut NoopDelay::new()).unwrap();
    chip.read(&mut bus, &mut NoopDelay::new(), &mut values).unwrap();
    assert_eq!(values, [1.0, 0.0, 0.0]);
    spi.done();
}

#[test]
fn rates_are_the_next_above() {
    let hz = |hz| Rate::at_least(hz).map(Rate::hz);
    assert_eq!(hz(0.1), Some(6.25));
    assert_eq!(hz(100.0), Some(100.0));
    assert_eq!(hz(100.1), Some(200.0));
    assert_eq!(hz(3200.0), Some(3200.0));
    assert_eq!(hz(3201.0), None);
    assert_eq!(hz(f32::NAN), None);
}
