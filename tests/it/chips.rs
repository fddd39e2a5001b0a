//! The simulated pump through the registers of chips: each chip is a model of its registers, as its datasheet has them and
//! as it was set; the drivers read them from a bus, and the program learns and watches what comes out.

use std::fmt::Write as _;

use embedded_hal::delay::DelayNs;
use embedded_hal::i2c::{ErrorKind, ErrorType, I2c, NoAcknowledgeSource, Operation};
use oddity::simulate::{CHANNELS, SimConfig, Simulator};
use oddity_sensors::accel::Range;
use oddity_sensors::scale::{Scale, Unit};
use oddity_sensors::thermometer::{Lm75, Lm75Kind, Tmp102, Tmp102Rate};
use oddity_sensors::{Address, Chip, OnI2c};
use oddity_sensors::{ads1115, adxl345, bme280, ina219, lis3dh, mpu6050};

use crate::harness::Dir;

/// What is at an address: registers of one byte or of two, and how what is measured comes into them.
struct Registers {
    address: u8,
    /// Bytes of a register.
    width: usize,
    /// The bits of what is sent that name a register.
    mask: u8,
    bytes: [u8; 512],
    at: usize,
    /// Puts what the chip measures of a row into its registers.
    measure: fn(&mut Self, &Pump),
    /// What a write does besides.
    written: fn(&mut Self, u8),
    /// Voltages at the inputs of a converter.
    inputs: [f64; 4],
}

impl Registers {
    fn new(address: u8, width: usize, measure: fn(&mut Self, &Pump)) -> Self {
        let (mask, written) = (0xff, nothing as fn(&mut Self, u8));
        Self { address, width, mask, bytes: [0; 512], at: 0, measure, written, inputs: [0.0; 4] }
    }

    fn put(&mut self, register: u8, bytes: &[u8]) {
        self.bytes[usize::from(register) * self.width..][..bytes.len()].copy_from_slice(bytes);
    }

    fn byte(&self, register: u8) -> u8 {
        self.bytes[usize::from(register) * self.width]
    }

    fn word(&self, register: u8) -> u16 {
        let at = usize::from(register) * self.width;
        u16::from_be_bytes([self.bytes[at], self.bytes[at + 1]])
    }
}

fn nothing(_: &mut Registers, _: u8) {}

/// The nearest whole step.
fn steps(value: f64) -> i16 {
    let steps = value.round();
    assert!((-32768.0..32768.0).contains(&steps), "{value} is out of the chip's range");
    steps as i16
}

/// A row of the simulation, by the names of its channels.
struct Pump([f64; CHANNELS.len()]);

impl Pump {
    fn of(&self, name: &str) -> f64 {
        self.0[CHANNELS.iter().position(|(channel, _)| *channel == name).unwrap()]
    }
}

/// Vibration of the drive end along x, 1 g for each mm/s: 256 steps, the low byte first.
fn adxl345(chip: &mut Registers, pump: &Pump) {
    assert_eq!(chip.byte(0x31) & 0x08, 0x08, "not in full resolution");
    assert_eq!(chip.byte(0x2d), 0x08, "in standby");
    chip.put(0x32, &steps(pump.of("vibration_de") * 256.0).to_le_bytes());
    chip.put(0x30, &[0x80]);
}

/// Vibration of the other end along y, 12 bits from the left.
fn lis3dh(chip: &mut Registers, pump: &Pump) {
    assert_ne!(chip.byte(0x20) & 0xf0, 0, "powered down");
    let step = [0.001, 0.002, 0.004, 0.012][usize::from(chip.byte(0x23) >> 4 & 3)];
    chip.put(0x2a, &steps((pump.of("vibration_nde") / step).round() * 16.0).to_le_bytes());
    chip.put(0x27, &[0x08]);
}

/// On the shaft: its speed, in degrees a second of the axis z; and the weight of the chip along z.
fn mpu6050(chip: &mut Registers, pump: &Pump) {
    assert_eq!(chip.byte(0x6b) & 0xc0, 0, "asleep");
    let weight = 16384.0 / f64::from(1_u32 << (chip.byte(0x1c) >> 3 & 3));
    let turn = [131.0, 65.5, 32.8, 16.4][usize::from(chip.byte(0x1b) >> 3 & 3)];
    chip.put(0x3f, &steps(weight).to_be_bytes());
    // An axis turns by a gear of 1 to 12.
    chip.put(0x47, &steps(pump.of("speed") * 6.0 / 12.0 * turn).to_be_bytes());
    chip.put(0x3a, &[0x01]);
}

/// The current through 0.005 ohm: 10 µV a step.
fn ina219(chip: &mut Registers, pump: &Pump) {
    assert_eq!(chip.word(0) & 7, 7, "does not measure all the time");
    chip.put(1, &steps(pump.of("current") * 0.005 / 10e-6).to_be_bytes());
    // 24 V in steps of 4 mV, and "converted".
    chip.put(2, &(6000_u16 << 3 | 2).to_be_bytes());
}

fn ina219_written(chip: &mut Registers, register: u8) {
    if register == 0 && chip.word(0) & 0x8000 != 0 {
        chip.put(0, &0x399f_u16.to_be_bytes());
    }
}

/// Two loops of 4 to 20 mA through 150 ohm: 0 to 16 bar, and 0 to 600 litres a minute.
fn ads1115(chip: &mut Registers, pump: &Pump) {
    let volts = |share: f64| (0.004 + 0.016 * share) * 150.0;
    chip.inputs[0] = volts(pump.of("pressure") / 16.0);
    chip.inputs[1] = volts(pump.of("flow") / 600.0);
}

fn ads1115_written(chip: &mut Registers, register: u8) {
    let config = chip.word(1);
    if register == 1 && config & 0x8000 != 0 {
        let range = [6.144, 4.096, 2.048, 1.024, 0.512, 0.256][usize::from(config >> 9 & 7)];
        let input = usize::from(config >> 12 & 7).checked_sub(4).unwrap();
        chip.put(0, &steps(chip.inputs[input] / range * 32768.0).to_be_bytes());
    }
}

/// The bearing's temperature, 12 bits from the left.
fn tmp102(chip: &mut Registers, pump: &Pump) {
    chip.put(0, &steps((pump.of("bearing_temp") * 16.0).round() * 16.0).to_be_bytes());
}

/// The same by a chip with 11 bits.
fn lm75b(chip: &mut Registers, pump: &Pump) {
    chip.put(0, &steps((pump.of("bearing_temp") * 8.0).round() * 32.0).to_be_bytes());
}

/// The example of Bosch's datasheet.
const COEFFICIENTS: [u8; 26] = [
    0x70, 0x6b, 0x43, 0x67, 0x18, 0xfc, 0x7d, 0x8e, 0x43, 0xd6, 0xd0, 0x0b, 0x27, 0x0b, 0x8c, 0x00,
    0xf9, 0xff, 0x8c, 0x3c, 0xf8, 0xc6, 0x70, 0x17, 0x00, 0x4b,
];

/// The datasheet's formula in whole numbers, in hundredths of a degree; the driver has the one in double precision.
fn bosch(adc: i32) -> i32 {
    let (t1, t2, t3) = (27504, 26435, -1000);
    let first = (((adc >> 3) - (t1 << 1)) * t2) >> 11;
    let second = (((((adc >> 4) - t1) * ((adc >> 4) - t1)) >> 12) * t3) >> 14;
    ((first + second) * 5 + 128) >> 8
}

/// The temperature of what is pumped, in 20 bits, which the driver has to make degrees of.
fn bme280(chip: &mut Registers, pump: &Pump) {
    assert_eq!(chip.byte(0xf4) & 3, 3, "does not measure all the time");
    let wanted = (pump.of("fluid_temp") * 100.0).round() as i32;
    let (mut low, mut high) = (0, 1 << 20);
    while low + 1 < high {
        let middle = (low + high) / 2;
        if bosch(middle) <= wanted { low = middle } else { high = middle }
    }
    let [_, t0, t1, t2] = (low << 4).to_be_bytes();
    chip.put(0xf7, &[0x65, 0x5a, 0xc0, t0, t1, t2, 0x60, 0]);
}

/// All of them on one bus.
struct Bus(Vec<Registers>);

impl Bus {
    fn new() -> Self {
        let mut adxl345 = Registers::new(0x53, 1, adxl345);
        adxl345.put(0x00, &[0xe5]);
        let mut lis3dh = Registers::new(0x18, 1, lis3dh);
        lis3dh.put(0x0f, &[0x33]);
        // The highest bit asks for the registers behind.
        lis3dh.mask = 0x7f;
        let mut mpu6050 = Registers::new(0x68, 1, mpu6050);
        mpu6050.put(0x75, &[0x68]);
        let mut bme280 = Registers::new(0x76, 1, bme280);
        bme280.put(0xd0, &[0x60]);
        bme280.put(0x88, &COEFFICIENTS);
        let mut ina219 = Registers::new(0x40, 2, ina219);
        ina219.written = ina219_written;
        let mut ads1115 = Registers::new(0x49, 2, ads1115);
        ads1115.written = ads1115_written;
        let (tmp102, lm75) = (Registers::new(0x48, 2, tmp102), Registers::new(0x4a, 2, lm75b));
        Self(vec![adxl345, lis3dh, mpu6050, bme280, ina219, ads1115, tmp102, lm75])
    }

    fn measure(&mut self, pump: &Pump) {
        for chip in &mut self.0 {
            (chip.measure)(chip, pump);
        }
    }
}

impl ErrorType for Bus {
    type Error = ErrorKind;
}

impl I2c for Bus {
    fn transaction(&mut self, address: u8, all: &mut [Operation<'_>]) -> Result<(), ErrorKind> {
        let nobody = ErrorKind::NoAcknowledge(NoAcknowledgeSource::Address);
        let chip = self.0.iter_mut().find(|chip| chip.address == address).ok_or(nobody)?;
        for one in all {
            match one {
                Operation::Write(bytes) => {
                    let register = bytes[0] & chip.mask;
                    chip.at = usize::from(register) * chip.width;
                    if bytes.len() > 1 {
                        chip.put(register, &bytes[1..]);
                        (chip.written)(chip, register);
                    }
                }
                Operation::Read(into) => {
                    into.copy_from_slice(&chip.bytes[chip.at..][..into.len()]);
                }
            }
        }
        Ok(())
    }
}

/// Nothing here takes time.
struct AtOnce;

impl DelayNs for AtOnce {
    fn delay_ns(&mut self, _: u32) {}
}

/// What of the pump a channel is: its place, with what one of its units is there, and by how much the chip rounds.
type Measured = (usize, &'static str, f64, f64);

/// Where a chip is, and what of its channels is used.
type Wired = (u8, Chip, &'static [Measured]);

fn wire(address: u8, chip: Chip, measured: &'static [Measured]) -> Wired {
    (address, chip, measured)
}

fn wired() -> Vec<Wired> {
    let range = Range::of_g(8).unwrap();
    let accel = adxl345::Settings { range, ..Default::default() };
    let other = lis3dh::Settings { range, ..Default::default() };
    let turn = mpu6050::Settings {
        gyro: mpu6050::GyroRange::of_degrees(2000),
        ..mpu6050::Settings::default()
    };
    let range = ads1115::Range::of_volts(4.096).unwrap();
    let port = |input, end, unit| ads1115::Port {
        input,
        range,
        scale: Scale::current_loop(150.0, (0.0, end)).unwrap(),
        unit: Unit::new(unit).unwrap(),
    };
    let ports = [port(ads1115::Input::A0, 16.0, "bar"), port(ads1115::Input::A1, 600.0, "L/min")];
    let rate = ads1115::Rate::at_least(128.0).unwrap();
    let loops = ads1115::Settings::new(&ports, rate).unwrap();
    let shunt = ina219::Settings::new(0.005).unwrap();
    vec![
        wire(0x53, Chip::Adxl345(adxl345::Adxl345::new(accel)), &[(0, "vibration_de", 1.0, 0.002)]),
        wire(0x18, Chip::Lis3dh(lis3dh::Lis3dh::new(other)), &[(1, "vibration_nde", 1.0, 0.0021)]),
        wire(0x68, Chip::Mpu6050(mpu6050::Mpu6050::new(turn)), &[(5, "speed", 2.0, 0.062)]),
        wire(
            0x76,
            Chip::Bme280(bme280::Bme280::new(bme280::Settings::default())),
            &[(0, "fluid_temp", 1.0, 0.011)],
        ),
        wire(0x40, Chip::Ina219(ina219::Ina219::new(shunt)), &[(1, "current", 1.0, 0.0011)]),
        wire(
            0x49,
            Chip::Ads1115(ads1115::Ads1115::new(loops)),
            &[(0, "pressure", 1.0, 0.001), (1, "flow", 1.0, 0.02)],
        ),
        wire(
            0x48,
            Chip::Tmp102(Tmp102::new(Tmp102Rate::at_least(1.0).unwrap())),
            &[(0, "bearing_temp", 1.0, 0.032)],
        ),
        wire(0x4a, Chip::Lm75(Lm75::new(Lm75Kind::Lm75b)), &[(0, "bearing_temp", 1.0, 0.063)]),
    ]
}

/// What the chips measure of a simulated pump, as `record` writes it.
fn recorded(seed: u64, rows: u64, faults: &[&str]) -> String {
    let faults = faults.iter().map(|fault| fault.parse().unwrap()).collect();
    let config = SimConfig { seed, rows: Some(rows), faults, ..SimConfig::default() };
    let (mut bus, mut chips) = (Bus::new(), wired());
    let mut text = "time".to_owned();
    for (at, chip, measured) in &mut chips {
        chip.start(&mut OnI2c::new(&mut bus, Address::new(*at).unwrap()), &mut AtOnce).unwrap();
        let name = chip.kind().name().to_lowercase();
        for (place, ..) in *measured {
            write!(text, ",{name}_{}", chip.channel(*place).unwrap().name).unwrap();
        }
    }
    for row in Simulator::new(config).unwrap() {
        let pump = Pump(row.values);
        bus.measure(&pump);
        write!(text, "\n{}", row.time_ns / 1_000_000_000).unwrap();
        for (at, chip, measured) in &mut chips {
            let mut values = vec![f32::NAN; chip.channels().count()];
            let mut wire = OnI2c::new(&mut bus, Address::new(*at).unwrap());
            chip.read(&mut wire, &mut AtOnce, &mut values).unwrap();
            for (place, name, unit, rounded) in *measured {
                let value = f64::from(values[*place]) * unit;
                let apart = (value - pump.of(name)).abs();
                assert!(apart <= *rounded, "{at:#x}: {name} {value}, by {apart}");
                write!(text, ",{value}").unwrap();
            }
        }
    }
    text + "\n"
}

#[test]
fn the_pump_is_watched_through_the_registers_of_every_chip() {
    let dir = Dir::new();
    dir.write("normal.csv", recorded(1, 1200, &[]));
    dir.write("faulty.csv", recorded(2, 900, &["leak@300+60x3", "bearing-wear@600+120x3"]));
    dir.oddity("fit normal.csv -o model.onnx").ok();
    let events = dir.oddity("detect model.onnx faulty.csv").ok().json_lines();
    let raised: Vec<_> = events.iter().filter(|event| event["kind"] == "raised").collect();
    let row = |event: &serde_json::Value| event["row"].as_u64().unwrap();
    assert_eq!(raised.len(), 2, "{events:#?}");
    assert!((301..330).contains(&row(raised[0])), "{:#}", raised[0]);
    assert!((601..660).contains(&row(raised[1])), "{:#}", raised[1]);
    let most =
        |event: &serde_json::Value| event["channels"][0]["name"].as_str().unwrap().to_owned();
    // A leak takes pressure and flow, both at the converter; a bearing is felt by an accelerometer or a thermometer.
    assert!(most(raised[0]).starts_with("ads1115_a"), "{:#}", raised[0]);
    let bearing = ["adxl345_acc_x", "lis3dh_acc_y", "tmp102_temperature", "lm75_temperature"];
    assert!(bearing.contains(&most(raised[1]).as_str()), "{:#}", raised[1]);
}
