//! gzip goes in in any pieces, also of several members one after the other; what was packed comes out.
//!
//! What is torn or damaged gives all that came before. Holds one block of either side, however much was packed.

use std::io::{self, BufRead, ErrorKind, Read};

use flate2::bufread::MultiGzDecoder;

/// Bytes that are unpacked at a time.
const BLOCK_BYTES: usize = 32 * 1024;

/// Unpacks one input.
#[derive(Debug)]
pub(super) struct Gunzip {
    decoder: MultiGzDecoder<Fed>,
    block: Vec<u8>,
    damage: Option<String>,
}

/// What was pushed and not yet unpacked.
#[derive(Debug, Default)]
struct Fed {
    bytes: Vec<u8>,
    read: usize,
    /// No more will come.
    all: bool,
}

impl BufRead for Fed {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        match self.bytes.get(self.read..).unwrap_or_default() {
            [] if !self.all => Err(ErrorKind::WouldBlock.into()),
            rest => Ok(rest),
        }
    }

    fn consume(&mut self, count: usize) {
        self.read += count;
    }
}

impl Read for Fed {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let count = self.fill_buf()?.read(to)?;
        self.consume(count);
        Ok(count)
    }
}

impl Default for Gunzip {
    fn default() -> Self {
        let decoder = MultiGzDecoder::new(Fed::default());
        Self { decoder, block: vec![0; BLOCK_BYTES], damage: None }
    }
}

impl Gunzip {
    /// Why nothing more comes out, where that is so.
    pub fn damage(&self) -> Option<&str> {
        self.damage.as_deref()
    }

    pub fn push<E>(
        &mut self,
        bytes: &[u8],
        each: &mut impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.damage.is_some() {
            return Ok(());
        }
        let fed = self.decoder.get_mut();
        fed.bytes.drain(..fed.read.min(fed.bytes.len()));
        fed.read = 0;
        fed.bytes.extend_from_slice(bytes);
        self.unpack(each)
    }

    pub fn finish<E>(&mut self, each: &mut impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        self.decoder.get_mut().all = true;
        if self.damage.is_some() { Ok(()) } else { self.unpack(each) }
    }

    fn unpack<E>(&mut self, each: &mut impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
        loop {
            match self.decoder.read(&mut self.block) {
                Ok(0) => return Ok(()),
                Ok(count) => each(self.block.get(..count).unwrap_or_default())?,
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(()),
                Err(error) => {
                    self.damage = Some(match error.kind() {
                        ErrorKind::UnexpectedEof => "the gzip data is cut off here".to_owned(),
                        _ => format!("the gzip data is damaged here ({error})"),
                    });
                    return Ok(());
                }
            }
        }
    }
}
