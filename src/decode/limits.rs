//! How much of an input is kept at most: it comes from outside, and memory is bounded.

/// The longest line that is read, in bytes, without its LF.
pub const MAX_LINE_BYTES: usize = 1 << 20;

/// The longest name of a stream, in bytes: names come from outside and are kept.
pub const MAX_STREAM_BYTES: usize = 256;

/// Keys of JSON that are remembered although nobody wants them.
pub(super) const MAX_KEYS: usize = 4096;

/// The longest of them, in bytes.
pub(super) const MAX_KEY_BYTES: usize = 1024;

/// Lines that are held at most while channels are discovered.
pub(super) const HELD_LINES: usize = 256;

/// Bytes of such lines.
pub(super) const HELD_BYTES: usize = 256 * 1024;
