//! A device that is only played: on a socket, and on a pair of terminals.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread;

use super::*;
use crate::sensor::SensorFile;
use crate::sensor::file::Place as Any;

/// The device of this file; its `device` is put in.
fn place_of(bus: &str, device: &str, rest: &str) -> Place {
    let text = format!("rate_hz = 1\n[[sensor]]\nbus = \"{bus}\"\ndevice = \"{device}\"\n{rest}");
    let mut file = SensorFile::parse(&text).unwrap();
    match file.entries.remove(0).place {
        Any::Modbus(place) => place,
        other => panic!("{other:?}"),
    }
}

const CHANNELS: &str = r#"
timeout_ms = 200
[[sensor.channel]]
name = "pressure"
register = 10
scale = 0.01
unit = "bar"
[[sensor.channel]]
name = "power"
register = 13
type = "f32"
first = "low"
[[sensor.channel]]
name = "flow"
register = 11
type = "i32"
[[sensor.channel]]
name = "celsius"
kind = "input"
register = 0
type = "i16"
scale = 0.1
offset = -40
[[sensor.channel]]
name = "running"
kind = "coil"
register = 9
[[sensor.channel]]
name = "open"
kind = "coil"
register = 1
"#;

/// A device with known registers: what it answers to function, first and count.
fn answer(function: u8, first: u16, count: u16) -> Vec<u8> {
    let words = |words: &[u16]| {
        let mut data = vec![u8::try_from(2 * words.len()).unwrap()];
        data.extend(words.iter().flat_map(|word| word.to_be_bytes()));
        [vec![function], data].concat()
    };
    let power = 1.5f32.to_bits();
    match (function, first, count) {
        (3, 10, 5) => words(&[213, 0xffff, 0xfffe, power as u16, (power >> 16) as u16]),
        (4, 0, 1) => words(&[0xfff6]),
        (1, 1, 1) => vec![1, 1, 0],
        (1, 9, 1) => vec![1, 1, 0xff],
        _ => vec![function | 0x80, 2],
    }
}

/// Answers the requests of one connection; `change` has a say in each frame.
fn played(mut stream: TcpStream, mut change: impl FnMut(usize, Vec<u8>) -> Vec<u8>) {
    let mut request = [0; 12];
    for number in 0.. {
        if stream.read_exact(&mut request).is_err() {
            return;
        }
        let [t0, t1, _, _, _, _, unit, function, f0, f1, c0, c1] = request;
        let pdu = answer(function, u16::from_be_bytes([f0, f1]), u16::from_be_bytes([c0, c1]));
        let mut frame = vec![t0, t1, 0, 0, 0, u8::try_from(pdu.len() + 1).unwrap(), unit];
        frame.extend(pdu);
        let frame = change(number, frame);
        if frame.is_empty() || stream.write_all(&frame).is_err() {
            return;
        }
    }
}

/// A row of a device on a socket.
fn row(change: impl FnMut(usize, Vec<u8>) -> Vec<u8> + Send + 'static) -> Result<Vec<f64>, String> {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let device = listener.local_addr().unwrap().to_string();
    thread::spawn(move || played(listener.accept().unwrap().0, change));
    let mut modbus = Modbus::open(&place_of("modbus-tcp", &device, CHANNELS))?;
    let mut values = vec![f64::NAN; 6];
    modbus.read(&mut values).map(|()| values)
}

const EXPECTED: [f64; 6] = [2.13, 1.5, -2.0, -41.0, 1.0, 0.0];

#[test]
fn registers_that_stand_together_are_read_at_once() {
    let place = place_of("modbus-tcp", "plc", CHANNELS);
    let requests = Requests::of(&place.registers);
    let asked: Vec<String> =
        (0..requests.len()).map(|n| requests.get(n).unwrap().to_string()).collect();
    assert_eq!(asked, ["holding registers 10 to 14", "input register 0", "coil 1", "coil 9"]);
    // No request is longer than a device must take.
    let mut many = String::new();
    for register in 0..300 {
        many += &format!("[[sensor.channel]]\nname = \"c{register}\"\nregister = {register}\n");
    }
    let requests = Requests::of(&place_of("modbus-tcp", "plc", &many).registers);
    let counts: Vec<u16> = (0..requests.len()).map(|n| requests.get(n).unwrap().count).collect();
    assert_eq!(counts, [125, 125, 50]);
}

#[test]
fn a_row_has_all_kinds_of_registers() {
    assert_eq!(row(|_, frame| frame).unwrap(), EXPECTED);
}

#[test]
fn an_answer_that_comes_too_late_is_not_taken_for_the_next() {
    let late = |number: usize, frame: Vec<u8>| match number {
        // The one to an earlier request comes first.
        1 => {
            let mut stale = frame.clone();
            stale[1] = stale[1].wrapping_sub(1);
            *stale.last_mut().unwrap() ^= 0x55;
            [stale, frame].concat()
        }
        _ => frame,
    };
    assert_eq!(row(late).unwrap(), EXPECTED);
}

#[test]
fn what_is_wrong_is_said_with_the_registers_and_what_to_do() {
    type Change = fn(usize, Vec<u8>) -> Vec<u8>;
    let cases: [(Change, &str); 6] = [
        (
            |_, mut f| {
                f.truncate(9);
                (f[5], f[7], f[8]) = (3, 0x83, 2);
                f
            },
            "holding registers 10 to 14 of unit 1: the device refuses: it has no such register; mind that \
             addresses begin at 0",
        ),
        (
            |_, mut f| {
                f.truncate(9);
                (f[5], f[7], f[8]) = (3, 0x83, 11);
                f
            },
            "the gateway gets no answer from it",
        ),
        (|_, _| Vec::new(), "the device has closed the connection"),
        (|_, f| f[..5].to_vec(), "no answer within 200 ms; see to unit"),
        (
            |_, mut f| {
                f[6] = 9;
                f
            },
            "the answer is not one to this request",
        ),
        (
            |_, mut f| {
                f.truncate(11);
                (f[5], f[8]) = (5, 2);
                f
            },
            "the answer is not one to this request",
        ),
    ];
    for (change, wanted) in cases {
        let error = row(change).unwrap_err();
        assert!(error.contains(wanted), "{error}");
    }
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let error = Modbus::open(&place_of("modbus-tcp", &free, CHANNELS)).err().unwrap();
    assert!(error.contains("nothing listens there"), "{error}");
}

/// No bytes that a device may send end the program.
#[test]
fn any_bytes_are_an_answer_or_an_error() {
    let mut state = 1u32;
    for _ in 0..60 {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let seed = state;
        let _ = row(move |_, mut frame| {
            let at = seed as usize % frame.len();
            frame[at] = (seed >> 16) as u8;
            // A length that is not true is waited for: cut short.
            frame[4] = 0;
            frame[5] = frame[5].min(u8::try_from(frame.len() - 6).unwrap());
            frame
        });
    }
}

/// A pair of terminals: what is written on one side is read on the other.
fn line() -> (std::fs::File, String) {
    use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
    let device = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&device).unwrap();
    unlockpt(&device).unwrap();
    let name = ptsname(&device, Vec::new()).unwrap().into_string().unwrap();
    (device.into(), name)
}

fn with_checksum(mut frame: Vec<u8>) -> Vec<u8> {
    let mut crc = 0xffff_u16;
    for byte in &frame {
        crc ^= u16::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xa001 } else { crc >> 1 };
        }
    }
    frame.extend(crc.to_le_bytes());
    frame
}

#[test]
fn a_serial_line_gives_the_same_row_and_a_wrong_checksum_is_told() {
    let (mut far, name) = line();
    let settings = format!("baud = 19200\nparity = \"even\"\nunit_id = 7\n{CHANNELS}");
    let mut modbus = Modbus::open(&place_of("modbus-rtu", &name, &settings)).unwrap();
    let device = thread::spawn(move || {
        let mut request = [0; 8];
        for number in 0..5 {
            far.read_exact(&mut request).unwrap();
            let [unit, function, f0, f1, c0, c1, crc0, crc1] = request;
            assert_eq!(unit, 7);
            assert_eq!(with_checksum(request[..6].to_vec())[6..], [crc0, crc1]);
            let pdu = answer(function, u16::from_be_bytes([f0, f1]), u16::from_be_bytes([c0, c1]));
            let mut frame = with_checksum([vec![unit], pdu].concat());
            if number == 4 {
                frame[4] ^= 1;
            }
            far.write_all(&frame).unwrap();
        }
        // What was not read yet is lost when this end closes.
        far
    });
    let mut values = vec![f64::NAN; 6];
    modbus.read(&mut values).unwrap();
    assert_eq!(values, EXPECTED);
    let error = modbus.read(&mut values).unwrap_err();
    assert!(
        error.contains("holding registers 10 to 14 of unit 7: the answer's checksum is wrong"),
        "{error}"
    );
    drop(device.join().unwrap());
}

#[test]
fn every_mistake_in_the_file_is_told() {
    let wrong = |bus: &str, text: &str| {
        let text = format!("rate_hz = 1\n[[sensor]]\nbus = \"modbus-{bus}\"\n{text}");
        SensorFile::parse(&text).unwrap_err().to_string()
    };
    let channel = "[[sensor.channel]]\nname = \"x\"\n";
    let cases = [
        ("tcp", String::new(), "device: is missing: as \"192.168.1.20\""),
        ("tcp", "device = \"plc:x\"".into(), "line 4: device: has to be a host"),
        ("tcp", "device = \"plc\"".into(), "a Modbus device has 1 to 1024 channels"),
        ("rtu", "device = \"/dev/ttyUSB0\"".into(), "baud: is missing"),
        (
            "rtu",
            "device = \"/dev/x\"\nbaud = 9600\nunit_id = 0".into(),
            "line 6: unit_id: has to be from 1 to 247",
        ),
        (
            "rtu",
            "device = \"/dev/x\"\nbaud = 9600\nparity = \"mark\"".into(),
            "line 6: parity: has to be",
        ),
        (
            "tcp",
            format!("device = \"plc\"\n{channel}"),
            "register: is missing: its address, which begins at 0",
        ),
        (
            "tcp",
            format!("device = \"plc\"\n{channel}register = 40001\nkind = \"coils\""),
            "one of holding, input, coil, discrete",
        ),
        (
            "tcp",
            format!("device = \"plc\"\n{channel}register = 65535\ntype = \"f32\""),
            "line 7: register: is the last one",
        ),
        (
            "tcp",
            format!("device = \"plc\"\n{channel}register = 1\nkind = \"coil\"\ntype = \"u16\""),
            "one bit: it has no type",
        ),
    ];
    for (bus, text, wanted) in cases {
        let found = wrong(bus, &text);
        assert!(found.contains(wanted), "{text}:\n{found}");
    }
}

#[test]
fn hosts_have_a_port_or_the_usual_one() {
    let of = |device: &str| place_of("modbus-tcp", device, CHANNELS).path().display().to_string();
    assert_eq!(of("plc"), "plc:502");
    assert_eq!(of("10.0.0.2:1502"), "10.0.0.2:1502");
    assert_eq!(of("fe80::1"), "fe80::1:502");
    assert_eq!(of("[fe80::1]:503"), "fe80::1:503");
    assert_eq!(of("[::1]"), "::1:502");
}
