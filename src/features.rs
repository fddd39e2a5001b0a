//! Rows as they were decoded go in; where a model has learned from frames of them, rows of features come out,
//! else the same rows, in which counters may be replaced by how fast they rise.
//!
//! Stands in front of a [`Decoder`]: whoever reads rows reads them here and need not know which it is.
//! A row of features has the number, the line and the time of the last row of its frame, and of their labels
//! the largest. Judges nothing.

#[cfg(feature = "vibration")]
mod frames;
mod rates;

#[cfg(feature = "vibration")]
use frames::Frames;
#[cfg(all(feature = "sensor", target_os = "linux"))]
use oddity_core::profile::DifferenceSpec;
use oddity_core::profile::FeatureSpec;
use rates::Rates;

#[cfg(all(feature = "sensor", feature = "vibration", target_os = "linux"))]
use crate::decode::Channels;
use crate::decode::{Columns, DecodeError, DecodeOptions, Decoder, Item};
#[cfg(all(feature = "sensor", target_os = "linux"))]
use oddity_core::types::Sample;

/// Decodes rows, and makes features of them where that is asked for.
#[derive(Debug)]
pub struct RowReader {
    decoder: Decoder,
    rates: Option<Rates>,
    #[cfg(feature = "vibration")]
    frames: Option<Frames>,
}

impl RowReader {
    /// A reader at the beginning of an input. With `features` a channel that is asked for by name is a
    /// feature, such as `acc_x:rms`, or a column, which stands for all its features.
    ///
    /// # Errors
    /// When the options contradict each other, or this program cannot make features.
    #[cfg(feature = "vibration")]
    pub fn new(
        options: DecodeOptions,
        features: Option<&FeatureSpec>,
    ) -> Result<Self, DecodeError> {
        let Some(spec) = features else {
            let rates = Rates::new(&options.learned.difference, &options.channels);
            return Ok(Self { decoder: Decoder::new(options)?, rates, frames: None });
        };
        let (frames, channels) = Frames::new(spec, options.channels, options.optional.len())?;
        let decoder = Decoder::new(DecodeOptions { channels, ..options })?;
        Ok(Self { decoder, rates: None, frames: Some(frames) })
    }

    /// A reader at the beginning of an input.
    ///
    /// # Errors
    /// When the options contradict each other, or features are asked for: this program cannot make them.
    #[cfg(not(feature = "vibration"))]
    pub fn new(
        options: DecodeOptions,
        features: Option<&FeatureSpec>,
    ) -> Result<Self, DecodeError> {
        match features {
            Some(spec) => Err(DecodeError::NoFeatures { frame: spec.frame }),
            None => {
                let rates = Rates::new(&options.learned.difference, &options.channels);
                Ok(Self { decoder: Decoder::new(options)?, rates })
            }
        }
    }

    /// As [`Decoder::push`].
    ///
    /// # Errors
    /// As [`Decoder::push`].
    pub fn push<E: From<DecodeError>>(
        &mut self,
        bytes: &[u8],
        each: &mut impl FnMut(Item<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        #[cfg(feature = "vibration")]
        if let Some(frames) = &mut self.frames {
            let done = self.decoder.push(bytes, &mut |item| frames.take(item, each));
            frames.look_at(self.decoder.columns());
            return done;
        }
        match &mut self.rates {
            Some(rates) => self.decoder.push(bytes, &mut |item| rates.take(item, each)),
            None => self.decoder.push(bytes, each),
        }
    }

    /// As [`Decoder::finish`]. What is left of a frame is not one.
    ///
    /// # Errors
    /// As [`Decoder::push`].
    pub fn finish<E: From<DecodeError>>(
        &mut self,
        each: &mut impl FnMut(Item<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        #[cfg(feature = "vibration")]
        if let Some(frames) = &mut self.frames {
            let done = self.decoder.finish(&mut |item| frames.take(item, each));
            frames.look_at(self.decoder.columns());
            return done;
        }
        match &mut self.rates {
            Some(rates) => self.decoder.finish(&mut |item| rates.take(item, each)),
            None => self.decoder.finish(each),
        }
    }

    /// What was found out about the input, its channels being those of the rows that come out; `None` until
    /// then.
    pub fn columns(&self) -> Option<&Columns> {
        #[cfg(feature = "vibration")]
        if let Some(frames) = &self.frames {
            return frames.columns();
        }
        self.decoder.columns()
    }
}

/// Makes features of samples that nothing has to decode, where that is asked for.
#[cfg(all(feature = "sensor", target_os = "linux"))]
#[derive(Debug)]
pub struct SampleReader {
    rates: Option<Rates>,
    #[cfg(feature = "vibration")]
    frames: Option<Frames>,
}

#[cfg(all(feature = "sensor", target_os = "linux"))]
impl SampleReader {
    /// A reader at the beginning of a stream for these channels, and the columns that its samples have to have, in
    /// their order. `features` are as of [`RowReader::new`], `difference` as a profile's input has it.
    ///
    /// # Errors
    /// As [`RowReader::new`].
    pub fn new(
        channels: Vec<String>,
        features: Option<&FeatureSpec>,
        difference: &[DifferenceSpec],
    ) -> Result<(Self, Vec<String>), DecodeError> {
        #[cfg(feature = "vibration")]
        if let Some(spec) = features {
            let (frames, columns) = Frames::new(spec, Channels::Named(channels), 0)?;
            let columns = match columns {
                Channels::Named(columns) => columns,
                Channels::Discover { .. } => Vec::new(),
            };
            return Ok((Self { rates: None, frames: Some(frames) }, columns));
        }
        match features {
            Some(spec) => Err(DecodeError::NoFeatures { frame: spec.frame }),
            None => {
                let reader = Self {
                    rates: Rates::of(difference, &channels),
                    #[cfg(feature = "vibration")]
                    frames: None,
                };
                Ok((reader, channels))
            }
        }
    }

    /// Takes a sample. `each` gets it, or the row of features that it completes.
    ///
    /// # Errors
    /// What `each` returns.
    pub fn take<E>(
        &mut self,
        sample: Sample<'_>,
        each: &mut impl FnMut(Item<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        let item = Item::Row { sample, label: None, line: sample.row };
        #[cfg(feature = "vibration")]
        if let Some(frames) = &mut self.frames {
            return frames.take(item, each);
        }
        match &mut self.rates {
            Some(rates) => rates.take(item, each),
            None => each(item),
        }
    }
}
