//! A device on Modbus TCP as a user sees it: rows, a cable that is pulled, and words on what to do.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;
use std::time::Duration;

use crate::harness::Dir;

/// Answers one connection with the number of the request in each register, for so many requests.
fn answer(listener: &TcpListener, requests: u16) {
    let (mut stream, _) = listener.accept().unwrap();
    for number in 0..requests {
        let mut request = [0; 12];
        if stream.read_exact(&mut request).is_err() {
            return;
        }
        let words = u8::try_from(u16::from_be_bytes([request[10], request[11]])).unwrap();
        let mut frame = request[..8].to_vec();
        frame[5] = 3 + 2 * words;
        frame.push(2 * words);
        frame.extend((0..words).flat_map(|_| number.to_be_bytes()));
        if stream.write_all(&frame).is_err() {
            return;
        }
    }
}

fn device(dir: &Dir, address: std::net::SocketAddr) {
    let text = format!(
        "rate_hz = 50\n[[sensor]]\nname = \"plc\"\nbus = \"modbus-tcp\"\ndevice = \"{address}\"\n\
         [[sensor.channel]]\nname = \"flow\"\nregister = 0\nscale = 0.5\n\
         [[sensor.channel]]\nname = \"level\"\nregister = 1\n"
    );
    dir.write("plc.toml", text);
}

#[test]
fn a_connection_that_ends_leaves_values_missing_until_it_is_back() {
    let dir = Dir::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    device(&dir, address);
    let played = thread::spawn(move || {
        answer(&listener, 10);
        drop(listener);
        thread::sleep(Duration::from_millis(300));
        let again = TcpListener::bind(address).unwrap();
        answer(&again, u16::MAX);
    });
    let run = dir.oddity("record --sensor plc.toml -n 100").ok();
    played.join().unwrap();
    let rows: Vec<Vec<&str>> = run.lines().iter().map(|row| row.split(',').collect()).collect();
    assert_eq!(rows[0], ["time", "plc_flow", "plc_level"]);
    assert_eq!((rows.len(), &rows[10][1..]), (101, &["4.5", "9"][..]));
    let missing = rows.iter().filter(|row| row[1].is_empty() && row[2].is_empty()).count();
    let back = rows.iter().rposition(|row| row[1].is_empty()).unwrap();
    assert!(missing >= 5 && back < 100, "{} missing, the last one row {back}", missing);
    assert_eq!(rows[back + 1][1..], ["0", "0"], "from the beginning of the second connection on");
    for words in
        ["sensor \"plc\": holding registers 0 to 1 of unit 1: the device has closed", "back after"]
    {
        assert!(run.stderr.contains(words), "{words} is not in:\n{}", run.stderr);
    }
}

#[test]
fn what_is_not_there_says_what_to_do() {
    let dir = Dir::new();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    device(&dir, free);
    dir.oddity("record --sensor plc.toml -n 1").fails(
        74,
        &[
            "sensor \"plc\": cannot open",
            &free.to_string(),
            "nothing listens there; see to the port",
        ],
    );
    dir.write(
        "line.toml",
        "rate_hz = 1\n[[sensor]]\nbus = \"modbus-rtu\"\ndevice = \"no-such-line\"\nbaud = 9600\n\
         [[sensor.channel]]\nname = \"x\"\nregister = 0\n",
    );
    dir.oddity("record --sensor line.toml -n 1")
        .fails(74, &["no-such-line", "is the adapter plugged in?"]);
    dir.write("plc.csv", "x");
    dir.write("line.toml", dir.text("line.toml").replace("no-such-line", "plc.csv"));
    dir.oddity("record --sensor line.toml -n 1").fails(74, &["plc.csv", "it is no serial line"]);
}
