//! What was named on the command line goes in; windows of one size, and the network for them, come out.

use oddity::fit::{FitError, FitOptions, Label, Meaning, Prepared};
use tch::Device;

use crate::data::{HeadKind, HeadRequest, WindowSet, WindowSource};
use crate::net::Spec;
use crate::plan::{TrainCommand, network};
use crate::train::Settings;

/// The data, as windows of one size, and the network for it.
pub(super) struct RunSet<'a> {
    pub(super) prepared: Prepared<'a>,
    pub(super) windows: WindowSet,
    pub(super) spec: Spec,
}

/// Rows or pictures, as they were named; pipes are kept in files that live as long as what is
/// returned.
pub(super) fn source(
    command: &TrainCommand,
    pictures: bool,
) -> anyhow::Result<(WindowSource, impl Sized + use<>)> {
    if pictures {
        anyhow::ensure!(
            command.training.label.is_none(),
            "--label names a column: pictures have none"
        );
        let source = WindowSource::Pictures(command.data.clone(), command.pictures.options());
        return Ok((source, Vec::new()));
    }
    anyhow::ensure!(
        !command.pictures.is_any(),
        "--size, --grey and --colour are for pictures, but the data are rows"
    );
    let (mut data, spool) = command.learn.data(&command.data)?;
    data.label = head(command).map(|HeadRequest { kind, column, normal }| Label {
        column,
        meaning: match kind {
            HeadKind::Class => Meaning::Class { normal },
            HeadKind::Estimate => Meaning::Quantity,
        },
    });
    Ok((WindowSource::Rows(Box::new(data)), spool))
}

fn head(command: &TrainCommand) -> Option<HeadRequest> {
    let training = &command.training;
    let kind = training.head.unwrap_or(HeadKind::Class);
    let request = |column| HeadRequest { kind, column, normal: training.normal.clone() };
    training.label.clone().map(request)
}

pub(super) fn load<'a>(
    command: &TrainCommand,
    source: &'a WindowSource,
    options: &FitOptions,
    settings: &Settings,
    device: Device,
) -> anyhow::Result<RunSet<'a>> {
    let (prepared, axes) = source.prepare(options).map_err(explained)?;
    let windows = WindowSet::load(&prepared, axes, head(command).as_ref(), device)?;
    let spec = network(command.kind, &command.network, settings, axes, windows.head())?;
    Ok(RunSet { prepared, windows, spec })
}

/// Says which options labels have to do with.
fn explained(error: FitError) -> anyhow::Error {
    let hint = match &error {
        FitError::NoneNormal { seen, .. } => {
            let number = |label: &String| label == "..." || label.parse::<f64>().is_ok();
            match seen.iter().all(number) {
                true => {
                    "--label takes classes: for a quantity give --head estimate, and say with \
                     --normal which classes are normal"
                }
                false => "--label takes classes: say with --normal which are normal",
            }
        }
        FitError::TooFewNormal { .. } => {
            "--label takes classes: for a quantity give --head estimate, and say with --normal \
             which classes are normal"
        }
        _ => return error.into(),
    };
    anyhow::Error::from(error).context(hint)
}
