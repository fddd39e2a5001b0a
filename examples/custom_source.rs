//! A source of one's own: anything that can be read gives bytes, which are decoded and judged as a pipe's.
//!
//! `cargo run --example custom_source -- models/pump.onnx`

use std::io::Read;

use oddity::decode::{DecodeOptions, Decoder, Item};
use oddity::detector::{Detector, Finding};
use oddity::model::Bundle;
use oddity::sink::JsonLines;
use oddity::source::{Block, Source};

/// A sensor that answers each read with one line of JSON; here it makes them up.
struct Sensor {
    names: Vec<String>,
    row: u32,
}

impl Read for Sensor {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        self.row += 1;
        let reading = |name: &String| format!("\"{name}\":{}", (self.row * 37 % 101) as f64 / 10.0);
        let fields: Vec<String> = self.names.iter().map(reading).collect();
        let line = format!("{{\"time\":{},{}}}\n", 1_767_225_600 + self.row, fields.join(","));
        // The end of the input after two hundred rows.
        if self.row > 200 { Ok(0) } else { line.as_bytes().read(out) }
    }
}

fn main() -> anyhow::Result<()> {
    let path = std::env::args().nth(1).unwrap_or_else(|| "models/pump.onnx".into());
    let bundle = Bundle::from_bytes(std::fs::read(path)?)?;
    let names: Vec<String> = bundle.profile().channels.iter().map(|c| c.name.clone()).collect();
    let mut detector = Detector::new(&bundle)?;
    let mut decoder = Decoder::new(DecodeOptions::named(names.clone()))?;
    let mut sink = JsonLines::new(std::io::stdout(), names.clone(), bundle.id().to_owned());
    let mut write = |finding: Finding<'_>| match finding {
        Finding::Event(event) => Ok(sink.event(&event)?),
        Finding::Score(_) => anyhow::Ok(()),
    };

    let mut source = Source::from_reader("the sensor", Sensor { names, row: 0 })?;
    loop {
        let mut judge = |item: Item<'_>| match item {
            Item::Row { sample, .. } => detector.push(&sample, &mut write),
            Item::Problem(problem) => Err(anyhow::anyhow!("{problem}")),
        };
        let more = match source.next_block()? {
            Block::Bytes(bytes) => decoder.push(bytes, &mut judge).map(|()| true)?,
            _ => false,
        };
        if !more {
            // The last line may have no end.
            decoder.finish(&mut judge)?;
        }
        // Nothing else has come by now: judge what waits.
        detector.flush(&mut write)?;
        if !more {
            break;
        }
    }
    eprintln!("{} windows judged", detector.tally().windows);
    Ok(())
}
