//! An input goes in; its blocks of bytes come out as they arrive, to its end or to a signal.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::time::Duration;

use oddity::source::{self, Block, Source, SourceError};

use crate::cli::error::RunError;
use crate::cli::warning::Warning;

/// How an input came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Ending {
    Input,
    Signal,
}

/// Opens a live input, which a signal ends; `wanted` is what should be piped in.
pub(in crate::cli) fn open(
    input: Option<&Path>,
    wanted: &'static str,
) -> Result<Source, SourceError> {
    let source = source::open(input)?.with_signals()?;
    if input.is_none() && io::stdin().is_terminal() {
        Warning::Terminal { wanted }.say();
    }
    Ok(source)
}

/// The next block; `None` when `most` is over before one has come.
pub(super) fn next_block(
    source: &mut Source,
    most: Option<Duration>,
) -> Result<Option<Block<'_>>, SourceError> {
    let block = match most {
        Some(most) => source.next_block_within(most)?,
        None => Some(source.next_block()?),
    };
    if let Some(Block::Stopped(signal)) = block {
        log::info!("stopped by signal {signal}");
    }
    Ok(block)
}

/// Hands out each block, the last one too, which has no bytes.
pub(in crate::cli) fn blocks(
    source: &mut Source,
    mut each: impl FnMut(Block<'_>) -> Result<(), RunError>,
) -> Result<Ending, RunError> {
    loop {
        let Some(block) = next_block(source, None)? else { continue };
        each(block)?;
        match block {
            Block::Bytes(_) => {}
            Block::End => return Ok(Ending::Input),
            Block::Stopped(_) => return Ok(Ending::Signal),
        }
    }
}
