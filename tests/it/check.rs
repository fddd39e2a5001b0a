//! `oddity check`: how data is read, before anybody trusts a model that has learned from it.

use std::fmt::Write;

use crate::harness::Dir;

#[test]
fn it_shows_roles_units_first_rows_and_what_is_left_out() {
    let dir = Dir::new();
    let mut text = "Time;rpm;temp;leak;valve\n".to_owned();
    for row in 0..300 {
        let wave = (f64::from(row) * 0.1).sin();
        let rpm = 990.0 + 40.0 * wave + f64::from(row * 37 % 11);
        let rpm =
            if rpm < 1000.0 { format!("{rpm:.0}") } else { format!("1.{:03.0}", rpm - 1000.0) };
        let temp = format!("{:.2}", 21.0 + wave).replace('.', ",");
        let valve = ["zu", "auf"][row as usize / 50 % 2];
        let (minute, second) = (row / 60, row % 60);
        writeln!(text, "2026-03-02 00:{minute:02}:{second:02};{rpm};{temp} °C;0;{valve}").unwrap();
    }
    dir.write("data.csv", text);
    let run = dir.oddity("check data.csv").ok();
    for line in [
        "read as    csv, separated by semicolons, a comma before decimals\n",
        "rows       300, 224 windows of 20\n",
        "time       Time, 2026-03-02T00:00:00Z to 2026-03-02T00:04:59Z, one row every 1 s\n",
        "channel  unit  first rows",
        "temp     °C    21  21.1  21.2",
        "valve    -     0  0  0",
    ] {
        assert!(run.stdout.contains(line), "{line:?} in\n{}", run.stdout);
    }
    assert!(run.stdout.contains("leak"), "{}", run.stdout);
    for said in ["\"1.0", "zu is read as 0, auf as 1"] {
        assert!(run.stderr.contains(said), "{said:?} in\n{}", run.stderr);
    }
    assert_eq!(dir.names(), ["data.csv"], "it writes nothing");
    // It counts the rows that are lost, and says why.
    let spoilt = dir.text("data.csv").replacen(";0;zu", "", 3);
    let run = dir.oddity_with("check -", spoilt).ok();
    assert!(run.stderr.contains("3 fields where 5 are expected; row dropped"), "{}", run.stderr);
    dir.oddity("check nowhere.csv").fails(2, &["nowhere.csv"]);
}
