//! The source against readers that misbehave, real files and a real signal.

use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::mpsc::{Receiver, channel};

use proptest::prelude::*;

use super::*;

/// Gives what it is told to give, read by read.
struct Script(VecDeque<io::Result<Vec<u8>>>);

impl Read for Script {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.0.pop_front() {
            None => Ok(0),
            Some(Err(error)) => Err(error),
            Some(Ok(mut bytes)) => {
                let rest = bytes.split_off(bytes.len().min(buffer.len()));
                if !rest.is_empty() {
                    self.0.push_front(Ok(rest));
                }
                buffer[..bytes.len()].copy_from_slice(&bytes);
                Ok(bytes.len())
            }
        }
    }
}

/// Blocks for good once the channel has nothing more, like a quiet pipe.
struct Quiet(Receiver<Vec<u8>>);

impl Read for Quiet {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let Ok(bytes) = self.0.recv() else { return Ok(0) };
        buffer[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}

fn all(mut source: Source) -> Vec<u8> {
    let mut bytes = Vec::new();
    while let Block::Bytes(block) = source.next_block().unwrap() {
        assert!(!block.is_empty() && block.len() <= BLOCK_BYTES);
        bytes.extend_from_slice(block);
    }
    assert_eq!(source.next_block().unwrap(), Block::End);
    bytes
}

proptest! {
    #[test]
    fn every_byte_comes_out_in_order(reads in prop::collection::vec(
        prop_oneof![
            8 => prop::collection::vec(any::<u8>(), 1..300).prop_map(Some),
            1 => prop::collection::vec(any::<u8>(), 100_000..100_001).prop_map(Some),
            2 => Just(None),
        ], 0..20))
    {
        let expected: Vec<u8> = reads.iter().flatten().flatten().copied().collect();
        let script = reads
            .into_iter()
            .map(|read| read.ok_or_else(|| io::Error::from(io::ErrorKind::Interrupted)))
            .collect();
        prop_assert_eq!(all(Source::from_reader("script", Script(script)).unwrap()), expected);
    }
}

#[test]
fn a_short_read_is_not_held_back() {
    let (send, receive) = channel();
    let mut source = Source::from_reader("pipe", Quiet(receive)).unwrap();
    for word in ["one", "two"] {
        send.send(word.as_bytes().to_vec()).unwrap();
        assert_eq!(source.next_block().unwrap(), Block::Bytes(word.as_bytes()));
    }
}

#[test]
fn whoever_waits_for_so_long_gets_nothing_or_the_block() {
    let (send, receive) = channel();
    let mut source = Source::from_reader("pipe", Quiet(receive)).unwrap();
    assert_eq!(source.next_block_within(Duration::ZERO).unwrap(), None);
    send.send(b"one".to_vec()).unwrap();
    let long = Duration::from_secs(600);
    assert_eq!(source.next_block_within(long).unwrap(), Some(Block::Bytes(b"one")));
    drop(send);
    assert_eq!(source.next_block_within(long).unwrap(), Some(Block::End));
    assert_eq!(source.next_block_within(Duration::ZERO).unwrap(), Some(Block::End));
}

#[test]
fn a_failing_read_comes_after_the_bytes_before_it() {
    let script = [Ok(b"ab".to_vec()), Err(io::Error::other("unplugged"))];
    let mut source = Source::from_reader("probe", Script(script.into())).unwrap();
    assert_eq!(source.next_block().unwrap(), Block::Bytes(b"ab"));
    let message = source.next_block().unwrap_err().to_string();
    assert_eq!(message, "cannot read from probe: unplugged");
}

#[test]
fn files_and_what_is_not_a_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.csv");
    let bytes: Vec<u8> = (0..1_000_000_u32).map(|i| (i % 251) as u8).collect();
    std::fs::File::create(&path).unwrap().write_all(&bytes).unwrap();
    assert_eq!(all(open(Some(&path)).unwrap()), bytes);

    let message = open(Some(dir.path())).unwrap_err().to_string();
    assert!(message.contains("is a directory"), "{message}");
    let message = open(Some(Path::new("no/such/file"))).unwrap_err().to_string();
    assert!(message.contains("\"no/such/file\""), "{message}");
}

/// The only test that touches the process: SIGTERM alone, since a second signal would kill it.
#[test]
fn a_signal_ends_the_stream_after_what_was_read() {
    let (send, receive) = channel();
    let source = Source::from_reader("pipe", Quiet(receive)).unwrap();
    let mut source = source.with_signals().unwrap();
    send.send(b"before".to_vec()).unwrap();
    assert_eq!(source.next_block().unwrap(), Block::Bytes(b"before"));
    signal_hook::low_level::raise(signal_hook::consts::SIGTERM).unwrap();
    let stopped = Block::Stopped(signal_hook::consts::SIGTERM);
    assert_eq!(source.next_block().unwrap(), stopped);
    assert_eq!(source.next_block().unwrap(), stopped);
}
