//! How good a detector was: the metrics that `evaluate` prints.
//!
//! In: scores (higher is worse), alarms and labels, one a row, and event ranges as row numbers.
//! Out: plain numbers. A metric that is undefined (no positive rows, no negative rows, no events) is
//! `None`, never 0 or 1. Nothing here reads files, parses times, chooses a threshold for use in the
//! field, or knows of models. Metrics that pick their threshold with the labels in hand say "oracle".
//!
//! Point adjustment (PA-F1) is left out on purpose: random scores reach 0.8 under it (Kim et al.,
//! AAAI 2022).

mod baseline;
mod bootstrap;
mod confusion;
mod error;
mod events;
mod labelled;
mod nab;
mod range;
mod rank;
mod spearman;
mod vus;

pub use baseline::{ZBaseline, ZReduce, always_on, never_on, random_scores};
pub use bootstrap::{f1_interval, stretches};
pub use confusion::{Confusion, MacroMean, macro_mean};
pub use error::MetricsError;
pub use events::{AlarmEdges, Detections, alarm_edges, detections};
pub use labelled::Labelled;
pub use nab::{NabFile, NabProfile, NabScore, nab_at, nab_best};
pub use range::{EmptyRange, RowRange, label_ranges};
pub use rank::{BestF1, average_precision, best_f1, roc_auc};
pub use spearman::spearman;
pub use vus::{VUS_DEFAULT_BUFFER, VUS_THRESHOLDS, Vus, vus};
