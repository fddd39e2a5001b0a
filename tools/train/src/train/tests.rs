//! How the unit tests of this room train. The loop as a whole is tested in `tests/resume.rs`: it hangs
//! on the seed, of which a process has one.

use super::Settings;

pub(super) fn settings() -> Settings {
    Settings { lr: 1e-2, batch: 8, epochs: 6, patience: None, kl_warm_up: 0, ..Settings::default() }
}
