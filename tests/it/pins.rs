//! Pins that show alerts, on a machine that is a folder: `detect --pin` as a user sees it.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::thread::sleep;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::harness::Dir;

/// `model.onnx` and `faulty.csv` on a Raspberry Pi 4 with an LED, whose GPIO chip is a plain file.
fn machine() -> Dir {
    let dir = Dir::with_faults();
    for (name, text) in [
        ("proc/device-tree/compatible", "raspberrypi,4-model-b\0brcm,bcm2711\0"),
        ("sys/class/leds/ACT/brightness", "1\n"),
        ("sys/class/leds/ACT/max_brightness", "255\n"),
        ("sys/class/leds/ACT/trigger", "none [mmc0] timer\n"),
        ("dev/gpiochip0", ""),
    ] {
        fs::create_dir_all(dir.file(name).parent().unwrap()).unwrap();
        dir.write(name, text);
    }
    dir
}

/// Trigger and brightness of the LED.
fn led(dir: &Dir) -> [String; 2] {
    ["trigger", "brightness"].map(|name| dir.text(&format!("sys/class/leds/ACT/{name}")))
}

/// Waits for the program to set the LED.
fn until_led(dir: &Dir, expected: [&str; 2]) {
    for _ in 0..10_000 {
        if led(dir) == expected {
            return;
        }
        sleep(Duration::from_millis(3));
    }
    panic!("the LED is {:?}, not {expected:?}", led(dir));
}

#[test]
fn an_led_is_on_while_an_alert_is_raised_and_given_back_at_a_signal() {
    let dir = machine();
    let text = dir.text("faulty.csv");
    let lines: Vec<&str> = text.lines().collect();
    let mut child = dir.start("detect model.onnx --pin led:ACT:steady --root .");
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut feed = |rows: &[&str]| stdin.write_all((rows.join("\n") + "\n").as_bytes()).unwrap();
    let mut until = |kind: &str| loop {
        let line = stdout.next().unwrap().unwrap();
        if line.contains(&format!("\"kind\":\"{kind}\"")) {
            return;
        }
    };
    feed(&lines[..50]);
    until_led(&dir, ["none", "0"]);
    // A leak from row 100 to 160.
    feed(&lines[50..150]);
    until("raised");
    until_led(&dir, ["none", "255"]);
    feed(&lines[150..300]);
    until("cleared");
    until_led(&dir, ["none", "0"]);
    // And once more, to be stopped while it is on.
    feed(&lines[100..101]);
    feed(&lines[300..390]);
    kill_process(Pid::from_child(&child), Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert_eq!(led(&dir), ["mmc0", "0"]);
}

#[test]
fn however_a_run_ends_the_led_is_given_back() {
    let dir = machine();
    let text = dir.text("faulty.csv");
    let raised: Vec<&str> = text.lines().take(151).collect();
    let whole = raised.join("\n") + "\n";
    let run = dir.oddity_with("detect model.onnx --pin led:ACT --root .", &whole).ok();
    assert_eq!(run.kinds(), ["raised"]);
    assert_eq!(led(&dir), ["mmc0", "0"], "at the end of the input");
    dir.write("sys/class/leds/ACT/trigger", "none [mmc0] timer\n");
    let bad = whole + "no row\n";
    dir.oddity_with("detect model.onnx --strict --pin board:ACT --root .", &bad)
        .fails(65, &["--strict"]);
    assert_eq!(led(&dir), ["mmc0", "0"], "at an error");
}

#[test]
fn a_pin_that_cannot_be_had_ends_it_with_what_to_do() {
    let dir = machine();
    let detect = |pins: &str| dir.oddity(&format!("detect model.onnx faulty.csv --root . {pins}"));
    for (pin, words) in [
        ("17", "is no pin; write board:led, led:NAME"),
        ("gpiochip0:17:high", "is no pin; write"),
        ("gpiochip0:17:blink:steady", "says the same thing twice"),
        ("led:ACT:active-low", "leave out :active-low"),
        ("led:PWR", "pin led:PWR: there is no such LED; there are: ACT"),
        ("board:41", "the board pi-4 has none; it has led, buzzer, relay, ACT, PWR, 3, 5"),
    ] {
        detect(&format!("--pin {pin}")).fails(2, &[words]);
    }
    for pin in ["gpiochip0:17", "pinctrl-bcm2711:17", "board:relay"] {
        let words = format!("pin {pin}: cannot open ./dev/gpiochip0: ");
        detect(&format!("--pin {pin}")).fails(74, &[&words]);
    }
    detect("--pin led:ACT --pin board:ACT")
        .fails(2, &["pin board:ACT: is the same pin as led:ACT"]);
    assert_eq!(led(&dir), ["mmc0", "0"], "the first one is given back");
    fs::remove_file(dir.file("dev/gpiochip0")).unwrap();
    detect("--pin gpiochip0:17")
        .fails(2, &["there is no GPIO chip gpiochip0: there is no /dev/gpiochip*"]);
    fs::remove_file(dir.file("proc/device-tree/compatible")).unwrap();
    detect("--pin board:led").fails(2, &["this machine is no board that is known; name a line"]);
}
