use oddity_sensors::accel::Range;
use oddity_sensors::mpu6050::{GyroRange, Mpu6050, Rate, Settings};
use oddity_sensors::{Chip, Drained, Error};

use crate::common::{NACK, drain, frame, read, start, write};

const AT: u8 = 0x68;

fn chip(gyro: bool, fifo: bool) -> Chip {
    Chip::Mpu6050(Mpu6050::new(Settings {
        range: Range::G8,
        gyro: gyro.then_some(GyroRange::D500),
        rate: Rate::at_least(200.0).unwrap(),
        fifo,
    }))
}

#[test]
fn it_is_reset_woken_and_set() {
    let said = [
        read(AT, 0x75, &[0x68]),
        write(AT, &[0x6b, 0x80]),
        write(AT, &[0x6b, 0x01]),
        // 94 Hz of filter, 1 kHz by 5.
        write(AT, &[0x1a, 0x02]),
        write(AT, &[0x19, 0x04]),
        write(AT, &[0x1b, 0x08]),
        write(AT, &[0x1c, 0x10]),
        write(AT, &[0x38, 0x11]),
        write(AT, &[0x23, 0x78]),
        write(AT, &[0x6a, 0x04]),
        write(AT, &[0x6a, 0x40]),
    ];
    start(&mut chip(true, true), AT, &said).unwrap();
}

#[test]
fn a_frame_leaves_the_temperature_out() {
    let mut data = vec![0x01, 0x10, 0x00, 0x80, 0x00, 0x7f, 0xff];
    data.extend([0x55, 0x55, 0x00, 0x83, 0xff, 0x7d, 0x00, 0x00]);
    let mut chip = chip(true, false);
    let values = frame(&mut chip, AT, &[read(AT, 0x3a, &data)]).unwrap();
    assert_eq!(values[..3], [1.0, -8.0, 32767.0 / 4096.0]);
    assert!((values[3] - 2.0).abs() < 1e-6 && (values[4] + 2.0).abs() < 1e-6, "{values:?}");
    let channels: Vec<_> = chip.channels().map(|channel| (channel.name, channel.unit)).collect();
    assert_eq!(channels[2..4], [("acc_z", "g"), ("gyro_x", "deg/s")]);
    assert_eq!(channels.len(), 6);
}

/// Frames that count up in all their values.
fn bytes(first: i16, frames: i16, channels: usize) -> Vec<u8> {
    (first..first + frames).flat_map(|n| vec![n.to_be_bytes(); channels]).flatten().collect()
}

#[test]
fn the_fifo_gives_whole_frames_in_bursts() {
    // 40 frames and two bytes of the next: 16 frames of 12 bytes a transfer.
    let said = [
        read(AT, 0x3a, &[0x01]),
        read(AT, 0x72, &482_u16.to_be_bytes()),
        read(AT, 0x74, &bytes(0, 16, 6)),
        read(AT, 0x74, &bytes(16, 16, 6)),
        read(AT, 0x74, &bytes(32, 8, 6)),
    ];
    let (drained, values) = drain(&mut chip(true, true), AT, 85, &said).unwrap();
    assert_eq!(drained, Drained { frames: 40, gap: false, left: 0 });
    for (n, frame) in values.chunks_exact(6).enumerate() {
        assert!((frame[0] - n as f32 / 4096.0).abs() < 1e-9, "{n}: {frame:?}");
        assert!((frame[5] - n as f32 / 65.5).abs() < 1e-6, "{n}: {frame:?}");
    }
}

#[test]
fn a_buffer_that_is_too_small_leaves_frames() {
    let said = [
        read(AT, 0x3a, &[0x01]),
        read(AT, 0x72, &60_u16.to_be_bytes()),
        read(AT, 0x74, &bytes(0, 3, 3)),
    ];
    let (drained, _) = drain(&mut chip(false, true), AT, 3, &said).unwrap();
    assert_eq!(drained, Drained { frames: 3, gap: false, left: 7 });
}

#[test]
fn an_overflow_throws_all_away_and_is_a_gap() {
    let reset = [write(AT, &[0x6a, 0x04]), write(AT, &[0x6a, 0x40])];
    let gap = Drained { frames: 0, gap: true, left: 0 };
    // By the flag, and by a FIFO that is full to the last byte.
    for (status, count) in [(0x11, 600_u16), (0x01, 1024)] {
        let mut said = vec![read(AT, 0x3a, &[status]), read(AT, 0x72, &count.to_be_bytes())];
        said.extend(reset.clone());
        let (drained, values) = drain(&mut chip(true, true), AT, 85, &said).unwrap();
        assert_eq!((drained, values.len()), (gap, 0));
    }
}

#[test]
fn a_nack_in_the_middle_of_a_burst() {
    let said = [
        read(AT, 0x3a, &[0x01]),
        read(AT, 0x72, &384_u16.to_be_bytes()),
        read(AT, 0x74, &bytes(0, 16, 6)),
        read(AT, 0x74, &bytes(16, 16, 6)).with_error(NACK),
    ];
    let error = drain(&mut chip(true, true), AT, 85, &said).unwrap_err();
    assert_eq!(error, Error::Bus { chip: "MPU6050", register: 0x74, error: NACK });
}

#[test]
fn rates_are_the_next_above() {
    let hz = |hz| Rate::at_least(hz).map(Rate::hz);
    assert_eq!(hz(1000.0), Some(1000.0));
    assert_eq!(hz(501.0), Some(1000.0));
    assert_eq!(hz(300.0), Some(1000.0 / 3.0));
    assert_eq!(hz(1.0), Some(1000.0 / 256.0));
    assert_eq!(hz(1001.0), None);
    assert_eq!(hz(f32::NAN), None);
}
