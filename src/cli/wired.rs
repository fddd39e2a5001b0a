//! What is wired to this machine, as options of a command: sensors in place of an input, and pins that show alerts.

use std::path::PathBuf;

use oddity::features::SampleReader;
use oddity::profile::Profile;
use oddity::sensor::{Notice, Readings, SensorFile};
use oddity::sink::{PinName, Pins};

use super::files::channel_names;
use super::stream::RowStream;
use super::warning::Warning;

/// What is wired to this machine.
#[derive(Debug, clap::Args)]
pub(super) struct WiredArgs {
    /// Read the sensors of this machine that FILE names, in place of an input: see docs/sensors.md
    #[arg(
        long,
        value_name = "FILE",
        conflicts_with_all = ["input", "format", "time", "key", "strict"]
    )]
    sensor: Option<PathBuf>,
    /// Switch a pin on while an alert is raised: board:led, board:buzzer, board:relay, led:NAME or
    /// CHIP:LINE as gpiochip0:17, and after it :active-low, :blink or :steady; may be repeated
    #[arg(long, value_name = "PIN")]
    pin: Vec<PinName>,
    /// In place of `/`: a folder with a `sys` in it
    #[arg(long, value_name = "DIR", default_value = "/", hide = true)]
    root: PathBuf,
}

impl WiredArgs {
    /// The file of sensors, if one is named: checked, and nothing opened.
    pub(super) fn sensors(&self) -> anyhow::Result<Option<SensorFile>> {
        Ok(self.sensor.as_deref().map(SensorFile::read).transpose()?)
    }

    /// Begins to read what a profile wants. What there is to tell of sensors is a warning.
    pub(super) fn rows(
        &self,
        sensors: SensorFile,
        profile: &Profile,
    ) -> anyhow::Result<RowStream<'static>> {
        let mut teller = NoticeTeller::default();
        let tell = move |notice: Notice<'_>| teller.tell(&notice);
        let (reader, columns) = SampleReader::new(
            channel_names(profile),
            profile.features.as_ref(),
            &profile.input.difference,
        )?;
        let readings = Readings::start(sensors, &self.root, &columns, tell)?;
        Ok(RowStream::sensors(readings, reader))
    }

    /// Opens the pins, if any are named, and switches them off.
    pub(super) fn pins(&self) -> anyhow::Result<Option<Pins>> {
        if self.pin.is_empty() {
            return Ok(None);
        }
        let tell = |notice: oddity::sink::PinNotice<'_>| log::error!("{notice}");
        let pins = Pins::open(&self.pin, &self.root, tell)?;
        if cfg!(panic = "abort") {
            // Nothing is dropped then.
            let (off, before) = (pins.off_switch(), std::panic::take_hook());
            std::panic::set_hook(Box::new(move |info| {
                off.off();
                before(info);
            }));
        }
        Ok(Some(pins))
    }
}

/// Late readings that are told one by one.
const ONE_BY_ONE: u64 = 10;

/// Says what there is to tell of sensors. A machine that is busy reads late again and again: after the first few
/// times that is told at each doubling.
#[derive(Debug, Default)]
pub(super) struct NoticeTeller {
    late: u64,
}

impl NoticeTeller {
    pub(super) fn tell(&mut self, notice: &Notice<'_>) {
        if !notice.is_late() {
            return Warning::Problem(notice).say();
        }
        self.late += 1;
        if self.late <= ONE_BY_ONE {
            Warning::Problem(notice).say();
        } else if self.late.is_power_of_two() {
            Warning::LateSoFar { count: self.late, latest: notice }.say();
        }
    }
}
