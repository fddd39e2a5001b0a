//! Embeds the library: rows go in as numbers, alerts come out.
//!
//! `cargo run --example embed -- models/pump.onnx`

use std::error::Error;

use oddity::detector::{DetectError, Detector, Finding};
use oddity::event::EventKind;
use oddity::model::Bundle;
use oddity::types::{Sample, Time};

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "models/pump.onnx".into());
    // Model and profile; the golden sample has passed on this machine.
    let bundle = Bundle::from_bytes(std::fs::read(path)?)?;
    let channels = &bundle.profile().channels;
    let mut detector = Detector::new(&bundle)?;

    let print = |finding: Finding<'_>| {
        if let Finding::Event(event) = finding
            && let EventKind::Alert { raised, ratio, channels: blame, .. } = event.kind
        {
            let worst = blame.first().and_then(|&(channel, _)| channels.get(channel));
            let worst = worst.map_or("none", |channel| channel.name.as_str());
            let word = if raised { "raised" } else { "cleared" };
            println!("row {}: {word} at ratio {ratio:.2}, most of it {worst}", event.row);
        }
        Ok::<_, DetectError>(())
    };
    for row in 1..=600u32 {
        // All channels move about their mean; the first is far off for a while.
        let values: Vec<f64> = (0..)
            .zip(channels)
            .map(|(number, channel)| {
                let fault = if number == 0 && (200..300).contains(&row) { 9.0 } else { 0.0 };
                let wave = (f64::from(row) * 0.7 + f64::from(number)).sin();
                channel.mean + channel.scale * (0.3 * wave + fault)
            })
            .collect();
        let time = Some(Time(i64::from(row) * Time::SECOND));
        detector.push(&Sample { stream: "", row: row.into(), time, values: &values }, print)?;
        // No further row is there yet: judge what waits.
        detector.flush(print)?;
    }
    println!("{} windows judged, {} alerts", detector.tally().windows, detector.tally().raised);
    Ok(())
}
