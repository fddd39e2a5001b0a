//! A run that may be killed: what it has made so far goes into a file beside the model, and a run
//! that resumes takes it out again.
//!
//! The file is in the format of safetensors, with what is no tensor as JSON in its metadata. It is
//! written whole or not at all, and for the machine that wrote it, not for exchange.

use std::collections::HashMap;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use oddity::files::{WriteError, write_whole};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

use crate::train::{TrainState, Trained};

/// Key and value that tell these files from others.
const FORMAT: (&str, &str) = ("oddity-train", "checkpoint 2");
const RUN: &str = "run";

/// Why a checkpoint was not written or read.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The disk.
    #[error(transparent)]
    Write(#[from] WriteError),
    /// Nothing was kept.
    #[error(
        "there is nothing to resume: {} is not there (it is first written after the seconds of --checkpoint, and taken away when a run is done); leave out --resume to start",
        .path.display()
    )]
    Nothing {
        /// The file that is missing.
        path: PathBuf,
    },
    /// The system refused.
    #[error("{}: cannot read the checkpoint", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Its own words.
        source: std::io::Error,
    },
    /// Another kind of file, or one that was changed.
    #[error("{}: this is not a complete checkpoint of this version of oddity-train ({what}); delete it and start again", .path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        what: String,
    },
    /// There already.
    #[error(
        "{} was left by a run that was cut off: --resume continues it; delete it to start again",
        .path.display()
    )]
    Left {
        /// The file.
        path: PathBuf,
    },
    /// Of another run.
    #[error("{}: the checkpoint is of another run, on {what}; continue that run with: oddity-train {command} --resume", .path.display())]
    Other {
        /// The file.
        path: PathBuf,
        /// What differs.
        what: &'static str,
        /// The command line of that run.
        command: String,
    },
    /// libtorch failed on a tensor.
    #[error("libtorch: {0}")]
    Torch(#[from] tch::TchError),
}

/// What makes a run the same: its results follow from these.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// Program and version.
    pub program: String,
    /// The command line, without options that change nothing of what is made.
    pub command: String,
    /// SHA-256 of the data.
    pub data: String,
}

/// A model of the run that is trained, such as that of a fold.
#[derive(Debug)]
pub struct Finished {
    /// Its name, unique in the run.
    pub name: String,
    /// How its training went.
    pub outcome: Trained,
    /// Its weights, one after the other.
    pub weights: Tensor,
}

/// What a run has made so far, and where it is kept.
#[derive(Debug)]
pub struct Checkpoint {
    /// `None` keeps nothing.
    path: Option<PathBuf>,
    every: Duration,
    identity: Identity,
    finished: Vec<Finished>,
    /// What was under way when it was read.
    current: Option<(String, TrainState)>,
    written: Instant,
}

/// All but the tensors.
#[derive(Serialize, Deserialize)]
struct Document {
    identity: Identity,
    finished: Vec<(String, Trained)>,
    current: Option<Current>,
}

#[derive(Serialize, Deserialize)]
struct Current {
    name: String,
    steps: i32,
    outcome: Trained,
}

impl Checkpoint {
    /// Of a run that begins; it is written at most once in `every`, and not at all where there is
    /// no `path`.
    ///
    /// # Errors
    /// When there is one already.
    pub fn new(
        path: Option<PathBuf>,
        every: Duration,
        identity: Identity,
    ) -> Result<Self, CheckpointError> {
        match path {
            Some(path) if path.is_file() => Err(CheckpointError::Left { path }),
            path => Ok(Self::empty(path, every, identity)),
        }
    }

    fn empty(path: Option<PathBuf>, every: Duration, identity: Identity) -> Self {
        let (finished, current) = (Vec::new(), None);
        Self { path, every, identity, finished, current, written: Instant::now() }
    }

    /// Whether there is a file to go on from.
    pub fn is_kept(&self) -> bool {
        self.path.as_ref().is_some_and(|path| path.exists())
    }

    /// Reads what a run that was cut off has made.
    ///
    /// # Errors
    /// When there is none, it is damaged, or of another run.
    pub fn resume(
        path: &Path,
        every: Duration,
        identity: Identity,
    ) -> Result<Self, CheckpointError> {
        let read = |source: std::io::Error| match source.kind() {
            ErrorKind::NotFound => CheckpointError::Nothing { path: path.into() },
            _ => CheckpointError::Read { path: path.into(), source },
        };
        let bytes = std::fs::read(path).map_err(read)?;
        let damaged = |what: String| CheckpointError::Damaged { path: path.into(), what };
        let (found, finished, current) = parse(&bytes).map_err(damaged)?;
        let other = |what| {
            let command = found.command.clone();
            Err(CheckpointError::Other { path: path.into(), what, command })
        };
        if found.command != identity.command {
            return other("another command line");
        }
        if found.data != identity.data {
            return other("other data");
        }
        if found.program != identity.program {
            return other("another version of the program");
        }
        Ok(Self { finished, current, ..Self::empty(Some(path.into()), every, identity) })
    }

    /// A model that was trained before the break.
    pub fn finished(&self, name: &str) -> Option<&Finished> {
        self.finished.iter().find(|finished| finished.name == name)
    }

    /// Where the training of a model was at the break; once.
    pub fn take(&mut self, name: &str) -> Option<TrainState> {
        self.current.take_if(|(current, _)| current == name).map(|(_, state)| state)
    }

    /// Writes, where it is time for it: the models that are trained, and where the one called
    /// `name` is.
    ///
    /// # Errors
    /// When it cannot be written; an older one is as it was.
    pub fn keep(&mut self, name: &str, state: &TrainState) -> Result<(), CheckpointError> {
        if self.written.elapsed() < self.every {
            return Ok(());
        }
        self.write(Some((name, state)))
    }

    /// Adds a model that is trained.
    ///
    /// # Errors
    /// When it cannot be written; an older one is as it was.
    pub fn finish(&mut self, finished: Finished) -> Result<(), CheckpointError> {
        self.finished.push(finished);
        if self.written.elapsed() < self.every {
            return Ok(());
        }
        self.write(None)
    }

    /// Takes the file away: the run is done.
    pub fn remove(self) {
        if let Some(path) = self.path {
            // One that stays is in nobody's way: it is of use to no other run.
            let _ = std::fs::remove_file(path);
        }
    }

    fn write(&mut self, current: Option<(&str, &TrainState)>) -> Result<(), CheckpointError> {
        let Some(path) = &self.path else { return Ok(()) };
        let document = Document {
            identity: self.identity.clone(),
            finished: self.finished.iter().map(|f| (f.name.clone(), f.outcome.clone())).collect(),
            current: current.map(|(name, state)| Current {
                name: name.into(),
                steps: state.steps,
                outcome: state.outcome.clone(),
            }),
        };
        let mut tensors = Vec::new();
        for (number, finished) in self.finished.iter().enumerate() {
            tensors.push((format!("finished.{number}"), bytes(&finished.weights)?));
        }
        if let Some((_, state)) = current {
            let (first, second) = &state.moments;
            let named = [("weights", &state.weights), ("first", first), ("second", second)];
            for (name, tensor) in named.into_iter().chain(state.best.iter().map(|b| ("best", b))) {
                tensors.push((format!("current.{name}"), bytes(tensor)?));
            }
        }
        let failed = |what: String| WriteError {
            what: path.display().to_string(),
            source: std::io::Error::other(what),
        };
        let json = serde_json::to_string(&document).map_err(|e| failed(e.to_string()))?;
        let metadata =
            HashMap::from([(FORMAT.0.to_owned(), FORMAT.1.to_owned()), (RUN.to_owned(), json)]);
        let views = tensors.iter().map(|(name, bytes)| {
            let length = bytes.len() / size_of::<f32>();
            TensorView::new(Dtype::F32, vec![length], bytes).map(|view| (name.as_str(), view))
        });
        let views: Vec<_> = views.collect::<Result<_, _>>().map_err(|e| failed(e.to_string()))?;
        let file = safetensors::serialize(views, &Some(metadata));
        write_whole(path, &file.map_err(|e| failed(e.to_string()))?)?;
        self.written = Instant::now();
        Ok(())
    }
}

/// The values of a tensor, little-endian.
fn bytes(tensor: &Tensor) -> Result<Vec<u8>, tch::TchError> {
    let flat = tensor.f_detach()?.f_to_kind(Kind::Float)?.f_contiguous()?.f_view([-1])?;
    Ok(Vec::<f32>::try_from(&flat)?.into_iter().flat_map(f32::to_le_bytes).collect())
}

type Parsed = (Identity, Vec<Finished>, Option<(String, TrainState)>);

/// A checkpoint from the bytes of its file; the tensors are on the CPU.
fn parse(bytes: &[u8]) -> Result<Parsed, String> {
    let (_, header) = SafeTensors::read_metadata(bytes).map_err(|e| e.to_string())?;
    let metadata = header.metadata().clone().unwrap_or_default();
    if metadata.get(FORMAT.0).map(String::as_str) != Some(FORMAT.1) {
        return Err("it is of another kind".into());
    }
    let json = metadata.get(RUN).ok_or("it does not describe its run")?;
    let document: Document = serde_json::from_str(json).map_err(|e| e.to_string())?;
    let tensors = SafeTensors::deserialize(bytes).map_err(|e| e.to_string())?;
    let tensor = |name: &str| -> Result<Tensor, String> {
        let view = tensors.tensor(name).map_err(|e| format!("{name}: {e}"))?;
        if view.dtype() != Dtype::F32 {
            return Err(format!("{name} is not f32"));
        }
        let values: Vec<f32> = view
            .data()
            .chunks_exact(size_of::<f32>())
            .filter_map(|bytes| bytes.try_into().ok().map(f32::from_le_bytes))
            .collect();
        Tensor::f_from_slice(&values).map_err(|e| e.to_string())
    };
    let finished = document.finished.into_iter().enumerate().map(|(number, (name, outcome))| {
        Ok(Finished { name, outcome, weights: tensor(&format!("finished.{number}"))? })
    });
    let finished = finished.collect::<Result<_, String>>()?;
    let state = |current: Current| -> Result<(String, TrainState), String> {
        let part = |name: &str| tensor(&format!("current.{name}"));
        // What was validated has a best epoch.
        let best = !current.outcome.validation.is_empty();
        let state = TrainState {
            weights: part("weights")?,
            moments: (part("first")?, part("second")?),
            steps: current.steps,
            best: best.then(|| part("best")).transpose()?,
            outcome: current.outcome,
        };
        Ok((current.name, state))
    };
    Ok((document.identity, finished, document.current.map(state).transpose()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identity() -> Identity {
        Identity {
            program: "oddity-train 1".into(),
            command: "dense a.csv -o m.onnx".into(),
            data: "12ab".into(),
        }
    }

    fn write(path: &Path) {
        let new = Checkpoint::new(Some(path.into()), Duration::ZERO, identity());
        let mut checkpoint = new.unwrap();
        let outcome = Trained { training: vec![2.0, 0.1], best: 2, ..Trained::default() };
        let weights = Tensor::from_slice(&[1.0_f32, 0.1, -3.0]);
        let finished = Finished { name: "fold 1".into(), outcome, weights };
        checkpoint.finish(finished).unwrap();
        let tensor = |value: f32| Tensor::from_slice(&[value; 3]);
        let state = TrainState {
            weights: tensor(1.0),
            moments: (tensor(2.0), tensor(3.0)),
            steps: 7,
            best: Some(tensor(4.0)),
            outcome: Trained { validation: vec![0.5], best: 1, ..Trained::default() },
        };
        checkpoint.keep("fold 2", &state).unwrap();
    }

    #[test]
    fn what_was_kept_is_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c");
        write(&path);
        let mut read = Checkpoint::resume(&path, Duration::ZERO, identity()).unwrap();
        let finished = read.finished("fold 1").unwrap();
        assert_eq!(finished.weights, Tensor::from_slice(&[1.0_f32, 0.1, -3.0]));
        assert_eq!(finished.outcome.training, [2.0, 0.1]);
        assert!(read.finished("fold 2").is_none() && read.take("fold 1").is_none());
        let state = read.take("fold 2").unwrap();
        assert_eq!((state.steps, state.outcome.best), (7, 1));
        assert_eq!(state.best.unwrap().double_value(&[0]), 4.0);
        assert_eq!(state.moments.1.double_value(&[2]), 3.0);
        assert!(read.take("fold 2").is_none());
    }

    #[test]
    fn what_does_not_fit_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("c");
        let resume = |identity| Checkpoint::resume(&path, Duration::ZERO, identity);
        let error = resume(identity()).unwrap_err().to_string();
        assert!(error.contains("nothing to resume"), "{error}");
        write(&path);
        let new = Checkpoint::new(Some(path.clone()), Duration::ZERO, identity());
        assert!(new.unwrap_err().to_string().contains("--resume continues it"));
        let other = Identity { data: "0".into(), ..identity() };
        let error = resume(other).unwrap_err().to_string();
        assert!(error.contains("other data") && error.contains("dense a.csv"), "{error}");
        let other = Identity { command: "vae a.csv".into(), ..identity() };
        assert!(resume(other).unwrap_err().to_string().contains("another command"));
        let whole = std::fs::read(&path).unwrap();
        for length in [0, 7, 100, whole.len() - 1] {
            std::fs::write(&path, &whole[..length]).unwrap();
            let error = resume(identity()).unwrap_err();
            assert!(matches!(error, CheckpointError::Damaged { .. }), "{length}: {error}");
        }
    }
}
