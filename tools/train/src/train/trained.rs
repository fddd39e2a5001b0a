//! What training gave, epoch by epoch. Only numbers: the weights stay in the network.

/// What training gave.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Trained {
    /// Training loss of each epoch, without that of a second output.
    pub training: Vec<f64>,
    /// Validation loss of each epoch; empty without windows to validate on.
    pub validation: Vec<f64>,
    /// Training loss of the second output in each epoch; empty without one.
    #[serde(default)]
    pub head_training: Vec<f64>,
    /// The same of windows that the network does not learn from.
    #[serde(default)]
    pub head_validation: Vec<f64>,
    /// Learning rate of each epoch.
    pub rates: Vec<f64>,
    /// The epoch whose weights were kept, from 1; 0 where there was none.
    pub best: usize,
    /// Seconds that it took, also before a break.
    pub seconds: f64,
    /// It was stopped from outside.
    pub interrupted: bool,
}

impl Trained {
    /// Validation loss of the epoch that was kept.
    pub fn validated(&self) -> Option<f64> {
        self.validation.get(self.best.checked_sub(1)?).copied()
    }
}
