//! What a report needs of a run's data and settings: taken down before the data is handed on to make the
//! profile.

use clap::ValueEnum;
use oddity::profile::Channel;
use oddity::window::WindowShape;

use super::super::set::RunSet;
use super::super::steps::Trainer;
use crate::data::{WindowCounts, WindowSet};
use crate::net::{Axes, Spec};
use crate::plan::TrainCommand;
use crate::report::{ChannelLabel, WindowAxes};
use crate::train::Settings;

/// Names and values.
pub(super) type Facts = Vec<(String, String)>;

/// What is known before the model has its profile.
pub(in crate::run) struct About {
    pub(super) title: String,
    pub(super) kind: String,
    pub(super) data: Facts,
    pub(super) channels: Vec<Channel>,
    pub(super) shape: WindowShape,
    pub(super) axes: Axes,
    pub(super) period_s: Option<f64>,
    pub(super) spec: Spec,
    pub(super) settings: Settings,
    pub(super) device: String,
    pub(super) closed_form: bool,
}

impl About {
    pub(in crate::run) fn new(command: &TrainCommand, set: &RunSet<'_>, trainer: &Trainer) -> Self {
        let prepared = &set.prepared;
        let files: Vec<String> =
            command.data.iter().map(|path| path.display().to_string()).collect();
        let mut data = vec![fact("files", files.join(", "))];
        match set.windows.axes() {
            Axes::Picture { .. } => data.push(fact("pictures", prepared.rows_read())),
            _ => data.extend([
                fact("rows", prepared.rows_read()),
                fact("windows", counted_windows(&set.windows)),
            ]),
        }
        data.push(fact("SHA-256", prepared.sha256()));
        if let Some(period) = prepared.period_s() {
            data.push(fact("period", format!("{period} s")));
        }
        if let Some(labels) = set.windows.labels() {
            data.push(fact("windows with a label", labels.labelled()));
        }
        Self {
            title: command.output.display().to_string(),
            kind: name(&command.kind),
            data,
            channels: prepared.channels().to_vec(),
            shape: prepared.shape(),
            axes: set.windows.axes(),
            period_s: prepared.period_s(),
            spec: set.spec.clone(),
            settings: trainer.settings.clone(),
            device: match trainer.device {
                tch::Device::Cpu => format!("CPU, --threads {}", command.run.threads),
                tch::Device::Cuda(number) => format!("CUDA device {number}"),
                device => format!("{device:?}"),
            },
            closed_form: trainer.closed_form,
        }
    }

    pub(super) fn axes(&self) -> WindowAxes {
        let channels = self
            .channels
            .iter()
            .map(|channel| ChannelLabel { name: channel.name.clone(), unit: channel.unit.clone() });
        match self.axes {
            Axes::Features(_) => WindowAxes::Features(channels.collect()),
            Axes::Rows { .. } => {
                WindowAxes::Rows { channels: channels.collect(), period_s: self.period_s }
            }
            Axes::Picture { planes, height, width } => {
                WindowAxes::Picture { planes, height, width }
            }
        }
    }

    /// Mean squared error of each channel, normalised.
    pub(super) fn by_channel(&self, original: &[f32], reconstruction: &[f32]) -> Vec<f64> {
        let mut errors = vec![0.0; self.shape.channels];
        for (at, (a, b)) in original.iter().zip(reconstruction).enumerate() {
            if let Some(error) = errors.get_mut(self.shape.channel(at)) {
                *error += f64::from(a - b).powi(2);
            }
        }
        errors.iter().map(|error| error / self.shape.window.max(1) as f64).collect()
    }

    pub(super) fn in_units(&self, values: &[f32]) -> Vec<f32> {
        let unit = |(at, value): (usize, &f32)| match self.channels.get(self.shape.channel(at)) {
            Some(channel) => (f64::from(*value) * channel.scale + channel.mean) as f32,
            None => *value,
        };
        values.iter().enumerate().map(unit).collect()
    }
}

impl About {
    /// Windows that are run at once.
    pub(super) fn at_once(&self) -> usize {
        usize::try_from(self.axes.at_once()).unwrap_or(1).max(1)
    }
}

/// `581: 549 in one block of the data, which are judged; 32 across two blocks`
fn counted_windows(windows: &WindowSet) -> String {
    let WindowCounts { judged, border, odd } = windows.counts();
    if border + odd == 0 {
        return format!("{judged}, all of them judged");
    }
    let mut text =
        format!("{}: {judged} in one block of the data, which are judged", windows.len());
    if border > 0 {
        text += &format!("; {border} across two blocks");
    }
    if odd > 0 {
        text += &format!("; {odd} with a row that is not normal");
    }
    text
}

/// As it is typed on the command line.
pub(super) fn name(value: &impl ValueEnum) -> String {
    value.to_possible_value().map(|value| value.get_name().to_owned()).unwrap_or_default()
}

pub(super) fn fact(name: &str, value: impl ToString) -> (String, String) {
    (name.to_owned(), value.to_string())
}
