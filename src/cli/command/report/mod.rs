//! `oddity report MODEL DATA -o PAGE`: rows go in; one page comes out that shows what the model sees in them.

mod clock;
mod events;
mod kept;
mod watch;
mod words;

use std::path::PathBuf;

use oddity::args::{AlertArgs, ReadArgs};
use oddity::decode::parse_time;
use oddity::files::{refuse_to_overwrite, write_whole};
use oddity::types::Time;

use crate::cli::exit::Completion;
use crate::cli::files::{ModelFile, with_alert};
use crate::cli::loading::LoadArgs;
use crate::cli::stream::RowStream;
use crate::cli::warning::Warning;
use watch::Watch;

/// Write a page that shows what a model sees in data: charts, alerts, who is to blame
#[derive(Debug, clap::Args)]
#[command(
    after_help = "The page is one file that needs no network: channels with their reconstruction, the ratio \
of score and threshold, alerts and trouble with sensors as bands, blame by channel, and a table of events. \
The data may be of any length; lines keep the smallest and the largest reading of each run of rows."
)]
pub(in crate::cli) struct ReportArgs {
    /// A model with its profile, from `oddity fit` or `oddity calibrate`
    model: PathBuf,
    /// CSV or JSON Lines; `-` is standard input
    data: PathBuf,
    /// Where the page goes; `-` is standard output
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Show the events of this file, which `oddity detect` wrote for the same data and model, instead of those that are
    /// found now
    #[arg(long, value_name = "FILE")]
    events: Option<PathBuf>,
    /// Most points of a line; fewer where there are many channels
    #[arg(long, value_name = "N", default_value_t = 8000, value_parser = points)]
    points: usize,
    /// Draw nothing before this time, such as 2026-01-03T10:00:00Z; all rows are judged
    #[arg(long, value_name = "TIME", value_parser = time)]
    from: Option<Time>,
    /// Draw nothing after this time
    #[arg(long, value_name = "TIME", value_parser = time)]
    to: Option<Time>,
    #[command(flatten)]
    read: ReadArgs,
    #[command(flatten)]
    alert: AlertArgs,
    /// Stop with exit code 65 at the first bad row or reading
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    load: LoadArgs,
}

fn points(text: &str) -> Result<usize, String> {
    let points = text.parse().ok().filter(|points| (100..=100_000).contains(points));
    points.ok_or_else(|| "must be a whole number from 100 to 100000".into())
}

fn time(text: &str) -> Result<Time, String> {
    parse_time(text).ok_or_else(|| "must be a time such as 2026-01-03T10:00:00Z".into())
}

pub(super) fn run(args: &ReportArgs) -> anyhow::Result<Completion> {
    let bundle = ModelFile::open(&args.model, &args.load.options())?.bundle()?;
    anyhow::ensure!(
        !bundle.profile().layout.is_picture(),
        "model {} takes pictures, not a stream: `oddity reconstruct {0} PICTURES -o FOLDER` shows what it makes of them",
        args.model.display()
    );
    let sources = [Some(&args.model), Some(&args.data), args.events.as_ref()];
    let sources: Vec<PathBuf> = sources.into_iter().flatten().cloned().collect();
    refuse_to_overwrite(&sources, &args.output)?;
    let bundle = with_alert(bundle, &args.alert)?;
    let events = args.events.as_deref().map(|path| events::read(path, bundle.id())).transpose()?;
    let mut watch = Watch::new(&bundle, args.points, (args.from, args.to), events)?;
    let input = (args.data.as_os_str() != "-").then_some(args.data.as_path());
    RowStream::watched(input, &args.read, bundle.profile(), args.strict).run(&mut watch)?;
    let windows = watch.windows();
    if windows == 0 {
        Warning::NoWindow { nothing: "judged" }.say();
    }
    let page = watch.report(&args.model, &args.data)?.html()?;
    write_whole(&args.output, page.as_bytes())?;
    log::info!(
        "{windows} windows judged; {} bytes written to {}",
        page.len(),
        args.output.display()
    );
    Ok(Completion::Done)
}
