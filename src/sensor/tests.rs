//! Files of sensors with what is wrong in them, and rows from folders that look like `/sys`.

use std::fs;
use std::path::Path;

use oddity_core::types::Time;

use super::sampler::Sampler;
use super::{Notice, Reading, Readings, SensorFile};

const ADXL: &str = "rate_hz = 100\n[[sensor]]\nbus = \"i2c\"\nchip = \"adxl345\"\naddress = 0x53\n";

fn wrong(text: &str) -> String {
    SensorFile::parse(text).unwrap_err().to_string()
}

#[test]
fn every_mistake_names_line_key_and_what_would_be_right() {
    let cases = [
        ("rate_hz = \n", "line 1: this is not TOML: "),
        ("", "line 1: rate_hz: is missing: how many rows a second are to be read"),
        ("rate_hz = 10", "line 1: sensor: is missing: at least one sensor, begun by [[sensor]]"),
        ("rate_hz = 1e9\n", "line 1: rate_hz: has to be from 1/3600 to 2000 rows a second"),
        ("\nrate_hz = nan\n", "line 2: rate_hz: has to be a number"),
        (
            "rate_hz = 1\nsensor = 3",
            "line 2: sensor: has to be one or more tables, each begun by [[sensor]]",
        ),
        (
            "rate_hz = 1\nrate = 2\n[[sensor]]",
            "line 2: rate: no such key here; there are: rate_hz, sensor",
        ),
        (
            "rate_hz = 1\n[[sensor]]\n",
            "line 2: bus: is missing: \"i2c\", \"spi\", \"iio\", \"w1\", \"modbus-tcp\" or \"modbus-rtu\"",
        ),
        ("rate_hz = 1\n[[sensor]]\nbus = \"usb\"", "line 3: bus: has to be \"i2c\""),
        ("rate_hz = 1\n[[sensor]]\nbus = \"iio\"\ndevice = \"../x\"", "line 4: device: is no name"),
        (
            "rate_hz = 1\n[[sensor]]\nbus = \"spi\"\nchip = \"mpu6050\"",
            "line 4: chip: this chip has I2C only",
        ),
    ];
    for (text, expected) in cases {
        let found = wrong(text);
        assert!(found.starts_with(expected), "{text:?}:\n{found}\n{expected}");
    }
}

#[test]
fn every_mistake_of_a_chip_is_told() {
    let cases = [
        (
            "rangeg = 2\n",
            "line 6: rangeg: no such key here; there are: name, bus, device, chip, address, ",
        ),
        ("range_g = 3\n", "line 6: range_g: has to be 2, 4, 8 or 16"),
        ("range_g = \"2\"\n", "line 6: range_g: has to be a whole number"),
        ("chip_rate_hz = 50\n", "line 6: chip_rate_hz: is below rate_hz"),
        ("chip_rate_hz = 6400\n", "line 6: chip_rate_hz: the chip measures at most 3200"),
        ("name = \"a b\"\n", "line 6: name: has to be letters"),
        ("fifo = 1\n", "line 6: fifo: has to be true or false"),
    ];
    for (more, expected) in cases {
        let found = wrong(&format!("{ADXL}{more}"));
        assert!(found.starts_with(expected), "{more:?}:\n{found}\n{expected}");
    }
    let found = wrong(&ADXL.replace("adxl345", "adxl"));
    assert!(found.starts_with("line 4: chip: no such chip; there are: adxl345, lis3dh"), "{found}");
    let found = wrong(&ADXL.replace("0x53", "0x68"));
    assert_eq!(found, "line 5: address: this chip answers at 0x53, 0x1d");
    let found =
        wrong(&ADXL.replace("rate_hz = 100", "rate_hz = 120").replace("0x53", "0x53\nfifo = true"));
    assert_eq!(found, "line 2: chip: with fifo = true every frame is a row: set rate_hz = 200");
}

#[test]
fn columns_are_named_by_sensor_and_channel_and_never_twice() {
    let two = |first: &str, second: &str| {
        let sensor = ADXL.split_once('\n').unwrap().1;
        format!("rate_hz = 100\n{sensor}{first}\n{sensor}{second}\n")
    };
    let file = SensorFile::parse(&two("name = \"in\"", "name = \"out\"")).unwrap();
    let names: Vec<String> = file.columns().into_iter().map(|column| column.name).collect();
    assert_eq!(names[2..4], ["in_acc_z", "out_acc_x"]);
    assert!(
        wrong(&two("name = \"a\"", "name = \"a\"")).contains("\"a_acc_x\" would be a column twice")
    );
    assert!(wrong(&two("name = \"a\"", "")).starts_with("line 7: name: is missing"));
    let fifo = wrong(&two("name = \"a\"", "name = \"b\"\nfifo = true"));
    assert!(fifo.contains("has to be the only one"), "{fifo}");
}

#[test]
fn registers_that_make_no_sense_are_told_with_their_line() {
    let text = |channel: &str| {
        format!(
            "rate_hz = 1\n[[sensor]]\nbus = \"i2c\"\nchip = \"registers\"\naddress = 9\n\
             [[sensor.channel]]\nname = \"x\"\nregister = 1\n{channel}\n"
        )
    };
    SensorFile::parse(&text("")).unwrap();
    assert!(wrong(&text("mask = 5")).starts_with("line 9: mask: mask 0x5 has a hole"));
    assert!(wrong(&text("bits = 12")).starts_with("line 9: bits: has to be 8, 16, 24 or 32"));
    assert!(wrong(&text("scale = 0")).contains("\"x\": scale has to be a number other than zero"));
    assert!(wrong(&text("offset = inf")).starts_with("line 9: offset: has to be a number"));
    assert!(
        wrong(&text("gain = 1"))
            .starts_with("line 9: gain: no such key here; there are: name, register")
    );
    let twice = wrong(&text("[[sensor.channel]]\nname = \"x\"\nregister = 2"));
    assert!(twice.contains("two registers are called \"x\""), "{twice}");
}

fn put(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

const KERNEL: &str = "rate_hz = 10
[[sensor]]
name = \"air\"
bus = \"iio\"
device = \"bme280\"
channels = [\"in_temp\", \"in_humidityrelative\", \"in_accel_x\"]
[[sensor]]
name = \"bearing\"
bus = \"w1\"
device = \"28-0316a2795bff\"
";

const W1: &str = "sys/bus/w1/devices/28-0316a2795bff/temperature";

fn kernel() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    let iio = "sys/bus/iio/devices/iio:device3";
    for (name, text) in [
        ("name", "bme280\n"),
        ("in_temp_input", "21500\n"),
        ("in_humidityrelative_raw", "100\n"),
        ("in_humidityrelative_offset", "-20\n"),
        ("in_humidityrelative_scale", "0.5\n"),
        ("in_accel_x_raw", "-3\n"),
        ("in_accel_scale", "0.25\n"),
    ] {
        put(root.path(), &format!("{iio}/{name}"), text);
    }
    put(root.path(), W1, "-1250\n");
    root
}

const MS: u64 = 1_000_000;

/// Reads a row at so many milliseconds; what is told comes along.
fn row(sampler: &mut Sampler, at_ms: u64) -> (Vec<f64>, Vec<String>) {
    let mut told = Vec::new();
    let mut tell = |notice: Notice<'_>| told.push(notice.to_string());
    let time = Time(at_ms as i64 * MS as i64);
    let sample = sampler.row_at(at_ms * MS, time, &mut tell);
    assert_eq!((sample.stream, sample.time), ("", Some(time)));
    (sample.values.to_vec(), told)
}

#[test]
fn a_row_is_made_of_all_sensors() {
    let root = kernel();
    let file = SensorFile::parse(KERNEL).unwrap();
    let mut sampler = Sampler::open(file, root.path()).unwrap();
    let names: Vec<&str> = sampler.columns().iter().map(|column| column.name.as_str()).collect();
    let expected =
        ["air_in_temp", "air_in_humidityrelative", "air_in_accel_x", "bearing_temperature"];
    assert_eq!(names, expected);
    assert_eq!(row(&mut sampler, 0), (vec![21500.0, 40.0, -0.75, -1.25], vec![]));
    put(root.path(), W1, "85000\n");
    assert_eq!(row(&mut sampler, 100).0[3], 85.0);
}

#[test]
fn what_cannot_be_read_is_missing_told_once_and_comes_back() {
    let root = kernel();
    let mut sampler = Sampler::open(SensorFile::parse(KERNEL).unwrap(), root.path()).unwrap();
    row(&mut sampler, 0);
    put(root.path(), W1, "CRC error\n");
    let (values, told) = row(&mut sampler, 100);
    assert_eq!(values[..3], [21500.0, 40.0, -0.75]);
    assert!(values[3].is_nan());
    assert!(
        told[0].starts_with("sensor \"bearing\": ") && told[0].ends_with("its values are missing")
    );
    for at in [200, 300, 400] {
        assert_eq!(row(&mut sampler, at).1, [""; 0]);
    }
    let lost = row(&mut sampler, 500).1;
    assert_eq!(
        lost,
        ["sensor \"bearing\": 5 failed readings in a row; it is started again, after a wait"]
    );
    // It is well again, and waited for.
    put(root.path(), W1, "3000\n");
    for at in [600, 700, 800, 900] {
        assert!(row(&mut sampler, at).0[3].is_nan());
    }
    let (values, told) = row(&mut sampler, 1000);
    assert_eq!(
        (values[3], &told[..]),
        (3.0, &["sensor \"bearing\": back after 1000 ms".to_owned()][..])
    );
}

#[test]
fn a_sensor_that_is_gone_is_opened_anew() {
    let root = kernel();
    let mut sampler = Sampler::open(SensorFile::parse(KERNEL).unwrap(), root.path()).unwrap();
    row(&mut sampler, 0);
    put(root.path(), W1, "");
    for at in 1..=5 {
        assert!(row(&mut sampler, 100 * at).0[3].is_nan());
    }
    fs::remove_dir_all(root.path().join("sys/bus/w1/devices/28-0316a2795bff")).unwrap();
    assert!(row(&mut sampler, 1000).0[3].is_nan());
    put(root.path(), W1, "4000\n");
    assert!(row(&mut sampler, 1900).0[3].is_nan());
    assert_eq!(row(&mut sampler, 2000).0[3], 4.0);
}

#[test]
fn what_is_not_there_at_first_ends_it_with_what_there_is() {
    let root = kernel();
    let open = |text: &str| {
        let file = SensorFile::parse(text).unwrap();
        Sampler::open(file, root.path()).unwrap_err().to_string()
    };
    let error = open(&KERNEL.replace("\"bme280\"", "\"bmp280\""));
    assert!(
        error.contains("the kernel has no such device; it has iio:device3 (bme280)"),
        "{error}"
    );
    let error = open(&KERNEL.replace("28-0316a2795bff", "28-1"));
    assert!(error.contains("it is not on 1-Wire; there are 28-0316a2795bff"), "{error}");
    let error = open(&KERNEL.replace("in_temp", "in_voltage0"));
    assert!(error.contains("in_voltage0_raw") && error.contains("No such file"), "{error}");
    let text = ADXL.replace("[[sensor]]", "[[sensor]]\ndevice = \"/nowhere/i2c-7\"");
    let error = open(&text);
    assert!(error.starts_with("sensor \"ADXL345\": cannot open \"/nowhere/i2c-7\": "), "{error}");
}

fn names(names: &[&str]) -> Vec<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}

#[test]
fn readings_come_in_the_models_order_and_a_late_user_loses_none() {
    let root = kernel();
    let file = SensorFile::parse(&KERNEL.replace("rate_hz = 10\n", "rate_hz = 2000\n")).unwrap();
    let channels = names(&["bearing_temperature", "AIR_in_accel_x"]);
    let mut readings = Readings::start(file, root.path(), &channels, |_| {}).unwrap();
    let (mut next, mut before) = (1, Time(0));
    while next <= 200 {
        let Reading::Rows(rows) = readings.next_rows().unwrap() else { panic!("no signal came") };
        for sample in rows.iter() {
            assert_eq!((sample.row, sample.values), (next, &[-1.25, -0.75][..]));
            assert!(sample.time.unwrap() >= before);
            (next, before) = (next + 1, sample.time.unwrap());
        }
        if next == 100 {
            // Meanwhile others are read.
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
    }
}

#[test]
fn a_channel_that_nobody_measures_is_named_before_a_sensor_is_opened() {
    let file = SensorFile::parse(KERNEL).unwrap();
    let channels = names(&["bearing_temperature", "flow"]);
    let error = Readings::start(file, Path::new("/nowhere"), &channels, |_| {}).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the sensors measure air_in_temp, air_in_humidityrelative, air_in_accel_x, bearing_temperature, but the \
         model wants bearing_temperature, flow: there is no flow; a column is called after its sensor's name and \
         its channel, and `oddity record` shows it"
    );
}
