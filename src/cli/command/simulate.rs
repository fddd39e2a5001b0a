//! `oddity simulate`: data of a motor-pump that exists only here, with faults.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::time::Duration;

use oddity::files::WriteError;
use oddity::simulate::{
    FaultSpec, LabelColumns, SimConfig, Simulator, write_csv, write_header, write_row,
};

use crate::cli::exit::Completion;
use crate::cli::stdio::stdout;

/// Make data of a simulated motor-pump, with optional faults
#[derive(Debug, clap::Args)]
#[command(after_help = "A fault is KIND@START+DURATION[xSEVERITY][:CHANNEL], in rows. Kinds: \
bearing-wear, blockage, leak, sensor-drift, dropout, stuck-sensor, spike. \
Example: --fault leak@3600+600x1.5 --fault stuck-sensor@5000+300:pressure")]
pub(in crate::cli) struct SimulateArgs {
    /// Rows to write [default: no end]
    #[arg(long)]
    rows: Option<u64>,
    /// Same seed, same data
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Seconds between rows
    #[arg(long, value_name = "SECONDS", default_value = "1", value_parser = seconds)]
    period: Duration,
    /// A fault to inject; may be given more than once
    #[arg(long, value_name = "FAULT")]
    fault: Vec<FaultSpec>,
    /// Add the columns `label` (0 or 1) and `fault` (its name)
    #[arg(long)]
    label: bool,
    /// Write rows in real time, one every period
    #[arg(long)]
    live: bool,
    /// Where the data goes [default: standard output]
    #[arg(short, long, value_name = "FILE", conflicts_with = "live")]
    output: Option<PathBuf>,
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| "must be a number of seconds".to_owned())?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

pub(super) fn run(args: &SimulateArgs) -> anyhow::Result<Completion> {
    let simulator = Simulator::new(SimConfig {
        seed: args.seed,
        rows: args.rows,
        period: args.period,
        faults: args.fault.clone(),
        ..SimConfig::default()
    })?;
    let columns = LabelColumns { label: args.label, fault: args.label };
    if let Some(path) = &args.output {
        anyhow::ensure!(
            args.rows.is_some(),
            "--output needs --rows: endless data would fill the disk"
        );
        let failed = |source| WriteError { what: path.display().to_string(), source };
        let mut out = BufWriter::new(std::fs::File::create(path).map_err(failed)?);
        write_csv(simulator, &mut out, columns).and_then(|_| out.flush()).map_err(failed)?;
        return Ok(Completion::Done);
    }
    let stdout = stdout();
    let written = if args.live {
        live(simulator, stdout, columns, args.period)
    } else {
        let mut out = BufWriter::new(stdout);
        write_csv(simulator, &mut out, columns).and_then(|_| out.flush())
    };
    written.map_err(WriteError::stdout)?;
    Ok(Completion::Done)
}

fn live(
    rows: Simulator,
    mut out: impl Write,
    columns: LabelColumns,
    period: Duration,
) -> io::Result<()> {
    write_header(&mut out, columns)?;
    for row in rows {
        write_row(&row, &mut out, columns)?;
        out.flush()?;
        std::thread::sleep(period);
    }
    Ok(())
}
