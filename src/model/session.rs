//! Runs windows through a loaded model.
//!
//! Windows go in as f32 in the model's own axes, one after the other; reconstructions come out in
//! the same order. The answer to a window is the same in every bit whatever ran before it and
//! whatever is run with it. A session keeps buffers, never anything of the data.

use super::engine::EngineState;
use super::network::Model;
use crate::graph::ModelError;
use oddity_core::profile::Layout;
use oddity_core::types::Reconstruction;
use oddity_kernels::program::Stream;

impl Model {
    /// A session of its own state, for one thread.
    ///
    /// # Errors
    /// When the engine cannot make one.
    pub fn session(&self) -> Result<Session, ModelError> {
        self.session_for(None)
    }

    /// The same for windows of streams, of this layout and `hop` rows apart. Those that are given together
    /// and follow each other share what they have in common, as far as the engine can: see
    /// [`Model::overlapping`]. Any others may be given as well; the answers are the same in every bit.
    ///
    /// # Errors
    /// As [`Model::session`].
    pub fn stream_session(&self, layout: Layout, hop: usize) -> Result<Session, ModelError> {
        self.session_for(self.stream(layout, hop))
    }

    fn session_for(&self, stream: Option<Stream>) -> Result<Session, ModelError> {
        Ok(Session { model: self.clone(), state: self.0.engine.state(stream)? })
    }
}

/// A model with a state to run it: one a thread.
#[derive(Debug)]
pub struct Session {
    model: Model,
    state: EngineState,
}

impl Session {
    /// The model that this session runs.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Windows that are run in one go: more at a time win nothing.
    pub fn at_once(&self) -> usize {
        self.model.0.engine.at_once()
    }

    /// Reconstructs `n` windows, given one after the other in `input`.
    ///
    /// Answers that are not finite are no error: they are listed in [`Reconstruction::non_finite`].
    ///
    /// # Errors
    /// When `input` does not hold exactly `n` windows, or the engine fails. The session can be used
    /// again after an error; `out` then holds nothing.
    pub fn run(
        &mut self,
        input: &[f32],
        n: usize,
        out: &mut Reconstruction,
    ) -> Result<(), ModelError> {
        out.clear();
        let window = self.model.window_len();
        if n.checked_mul(window) != Some(input.len()) {
            return Err(ModelError::Input { got: input.len(), windows: n, window });
        }
        let ran = self.model.0.engine.run(&mut self.state, input, n, out);
        if ran.is_err() {
            out.clear();
            return ran;
        }
        for index in 0..n {
            if !out.answer(index, n).all_finite() {
                out.non_finite.push(index);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_and_sessions_can_cross_threads() {
        fn shared<T: Send + Sync>() {}
        fn sent<T: Send>() {}
        shared::<Model>();
        sent::<Session>();
    }
}
