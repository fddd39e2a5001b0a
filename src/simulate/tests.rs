//! The simulator as its user sees it: bytes that repeat, faults that show where they should and
//! nowhere else, configuration errors that name what is wrong.

use std::time::Duration;

use super::*;

const VIBRATION_DE: usize = 0;
const VIBRATION_NDE: usize = 1;
const CURRENT: usize = 2;
const PRESSURE: usize = 3;
const FLOW: usize = 4;
const BEARING_TEMP: usize = 5;
const FLUID_TEMP: usize = 6;
const SPEED: usize = 7;

const ALL_COLUMNS: LabelColumns = LabelColumns { label: true, fault: true };

fn config(seed: u64, rows: u64, faults: &[&str]) -> SimConfig {
    SimConfig {
        seed,
        rows: Some(rows),
        faults: faults.iter().map(|f| f.parse().unwrap()).collect(),
        ..SimConfig::default()
    }
}

fn simulate(seed: u64, rows: u64, faults: &[&str]) -> Vec<PlantRow> {
    Simulator::new(config(seed, rows, faults)).unwrap().collect()
}

fn csv_text(config: SimConfig, columns: LabelColumns) -> String {
    let mut out = Vec::new();
    write_csv(Simulator::new(config).unwrap(), &mut out, columns).unwrap();
    String::from_utf8(out).unwrap()
}

/// Mean of (faulty run - same run without the fault) over rows from..to, each channel.
fn change(fault: &str, from: usize, to: usize) -> [f64; N] {
    let clean = simulate(7, to as u64, &[]);
    let faulty = simulate(7, to as u64, &[fault]);
    std::array::from_fn(|c| {
        let sum: f64 = (from..to).map(|r| faulty[r].values[c] - clean[r].values[c]).sum();
        sum / (to - from) as f64
    })
}

#[test]
fn same_seed_same_bytes_other_seed_other_bytes() {
    let faults = ["leak@50+20", "spike@90+1:flow"];
    let text = |seed| csv_text(config(seed, 200, &faults), ALL_COLUMNS);
    assert_eq!(text(1), text(1));
    assert_ne!(text(1), text(2));
}

#[test]
fn bytes_are_the_same_on_every_platform() {
    let text = csv_text(config(1, 1001, &["dropout@1000+1:flow"]), ALL_COLUMNS);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 1002);
    for (index, golden) in GOLDEN {
        assert_eq!(lines[index], golden);
    }
}

const GOLDEN: [(usize, &str); 3] = [
    (
        0,
        "time,vibration_de,vibration_nde,current,pressure,flow,bearing_temp,fluid_temp,speed,label,fault",
    ),
    (1, "2026-01-01T00:00:00Z,1.617,1.242,9.97,5.271,378.1,46.26,30.68,2745.3,0,"),
    (1001, "2026-01-01T00:16:40Z,1.212,0.874,7.32,3.862,,44.82,30.32,2302.3,1,dropout"),
];

#[test]
fn label_columns_are_optional_and_time_follows_start_and_period() {
    let config = SimConfig {
        period: Duration::from_millis(500),
        start_ns: -1_000_000_000,
        ..config(1, 3, &[])
    };
    let text = csv_text(config, LabelColumns::default());
    let times: Vec<&str> = text.lines().map(|l| l.split(',').next().unwrap()).collect();
    assert_eq!(
        times,
        ["time", "1969-12-31T23:59:59Z", "1969-12-31T23:59:59.5Z", "1970-01-01T00:00:00Z"]
    );
    assert!(text.lines().all(|l| l.split(',').count() == 1 + N));
}

#[test]
fn half_an_hour_covers_the_range_of_a_day() {
    let day = simulate(3, 86_400, &[]);
    for (channel, (name, _)) in CHANNELS.iter().enumerate() {
        let range = |rows: &[PlantRow]| {
            let values = rows.iter().map(|r| r.values[channel]);
            (values.clone().fold(f64::INFINITY, f64::min), values.fold(f64::NEG_INFINITY, f64::max))
        };
        let (low, high) = range(&day);
        let (first_low, first_high) = range(&day[..1800]);
        let share = (first_high - first_low) / (high - low);
        assert!(share > 0.6, "{name}: {share}");
    }
}

#[test]
fn only_the_rows_of_the_fault_are_labelled_and_rows_before_it_are_untouched() {
    let specs = [
        "bearing-wear@100+50",
        "blockage@100+50",
        "leak@100+50",
        "sensor-drift@100+50:flow",
        "dropout@100+50",
        "stuck-sensor@100+50:speed",
        "spike@100+50:current",
    ];
    let machine = [Fault::BearingWear, Fault::Blockage, Fault::Leak];
    let clean = simulate(7, 200, &[]);
    for spec in specs {
        let fault: Fault = spec.split('@').next().unwrap().parse().unwrap();
        for (row, clean) in simulate(7, 200, &[spec]).iter().zip(&clean) {
            let inside = (100..150).contains(&row.row);
            assert_eq!(row.is_faulty(), inside, "{spec} row {}", row.row);
            assert_eq!(row.faults.contains(fault), inside);
            if row.row < 100 {
                assert_eq!(row, clean, "{spec}");
            }
            // A fault of a sensor leaves no trace behind.
            if row.row >= 150 && !machine.contains(&fault) {
                assert_eq!(row, clean, "{spec}");
            }
        }
    }
}

#[test]
fn bearing_wear_raises_vibration_and_bearing_temperature_and_current_slightly() {
    let d = change("bearing-wear@100+1800", 1000, 1900);
    assert!(d[VIBRATION_DE] > 1.0, "{d:?}");
    assert!(d[VIBRATION_NDE] > 0.3 && d[VIBRATION_NDE] < d[VIBRATION_DE]);
    assert!(d[BEARING_TEMP] > 5.0);
    assert!(d[CURRENT] > 0.05 && d[CURRENT] < 1.0);
    assert!(d[FLOW].abs() < 1.0 && d[PRESSURE].abs() < 0.02);
    let early = change("bearing-wear@100+1800", 100, 200);
    assert!(early[VIBRATION_DE] < 0.3 * d[VIBRATION_DE], "wear creeps in");
}

#[test]
fn blockage_lowers_flow_and_current_and_raises_pressure_and_fluid_temperature() {
    let d = change("blockage@100+1800", 1000, 1900);
    assert!(d[FLOW] < -30.0, "{d:?}");
    assert!(d[PRESSURE] > 0.1);
    assert!(d[CURRENT] < -0.3);
    assert!(d[FLUID_TEMP] > 0.3);
}

#[test]
fn leak_lowers_flow_and_pressure_at_the_same_speed() {
    let d = change("leak@100+1800", 1000, 1900);
    assert!(d[FLOW] < -5.0, "{d:?}");
    assert!(d[PRESSURE] < -0.05);
    assert!(d[CURRENT] > 0.05);
    assert!(d[SPEED].abs() < 10.0);
}

#[test]
fn severity_scales_a_fault() {
    let one = change("leak@0+300x1", 100, 300)[FLOW];
    let two = change("leak@0+300x2", 100, 300)[FLOW];
    assert!(two < 1.7 * one, "{one} {two}");
}

#[test]
fn sensor_faults_change_their_channel_only() {
    for (spec, sign) in [("sensor-drift@100+50x3:flow", 1.0), ("spike@100+1:flow", 1.0)] {
        let d = change(spec, 100, 101 + 49 * usize::from(spec.starts_with("sensor")));
        assert!(sign * d[FLOW] > 30.0, "{spec} {d:?}");
        assert!((0..N).all(|c| c == FLOW || d[c] == 0.0), "{spec} {d:?}");
    }
}

#[test]
fn stuck_sensor_repeats_its_last_reading() {
    let rows = simulate(7, 200, &["stuck-sensor@100+50:pressure"]);
    let before = rows[99].values[PRESSURE];
    assert!(rows[100..150].iter().all(|r| r.values[PRESSURE] == before));
    assert!(rows[100..150].windows(2).all(|w| w[0].values != w[1].values));
    // Row 0 has nothing to repeat; it is then the reading that sticks.
    let rows = simulate(7, 20, &["stuck-sensor@0+10:pressure"]);
    assert!((1..10).all(|r| rows[r].values[PRESSURE] == rows[0].values[PRESSURE]));
}

#[test]
fn dropout_empties_one_field_or_all() {
    let one = csv_text(config(1, 3, &["dropout@1+1:flow"]), LabelColumns::default());
    let fields: Vec<&str> = one.lines().nth(2).unwrap().split(',').collect();
    assert!((0..N).all(|c| fields[1 + c].is_empty() == (c == FLOW)), "{one}");
    let all = csv_text(config(1, 3, &["dropout@1+1"]), ALL_COLUMNS);
    assert_eq!(all.lines().nth(2), Some("2026-01-01T00:00:01Z,,,,,,,,,1,dropout"));
}

#[test]
fn overlapping_faults_are_both_named() {
    let rows = simulate(1, 30, &["spike@10+5:flow", "leak@12+10"]);
    assert_eq!(rows[11].faults.to_string(), "spike");
    assert_eq!(rows[13].faults.to_string(), "leak+spike");
    assert_eq!(rows[20].faults.to_string(), "leak");
    assert_eq!(rows[25].faults.to_string(), "");
}

#[test]
fn configuration_errors_are_named() {
    let new = |c: SimConfig| Simulator::new(c).err().unwrap();
    let error = new(config(1, 10, &["leak@10+1"])).to_string();
    assert!(error.contains("leak@10+1x1") && error.contains("10 rows"), "{error}");
    for period in [Duration::ZERO, Duration::from_secs(3601)] {
        let error = new(SimConfig { period, ..SimConfig::default() });
        assert!(matches!(error, SimulateError::Period { .. }), "{error}");
    }
    let error = new(config(1, u64::MAX, &[]));
    assert!(matches!(error, SimulateError::TimeOverflow { .. }), "{error}");
}

#[test]
fn time_ends_where_64_bits_end() {
    let rows: Vec<PlantRow> =
        Simulator::new(SimConfig { start_ns: i64::MAX - 1_500_000_000, ..SimConfig::default() })
            .unwrap()
            .collect();
    assert_eq!(rows.len(), 2);
    assert_eq!(rows[1].time_ns, i64::MAX - 500_000_000);
}
