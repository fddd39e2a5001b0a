//! A first look at the bytes: how much memory will decoding them take?
//!
//! In protobuf an empty message costs two bytes, but hundreds once decoded, so a small file could
//! take gigabytes. This walks the fields that the decoder would allocate for, counts, and refuses
//! above a limit. It allocates nothing and never reads past the end.

use crate::graph::error::ModelError;
use crate::graph::proto;

/// Bytes that all messages, strings and integers of a file may take once decoded, besides what their
/// data take in the file. A graph of 60 000 nodes with two attributes each takes some 150 MiB.
const DECODED: usize = 256 << 20;
/// Bytes that one byte of an integer may become.
const INTEGER: usize = 8;
/// Messages inside messages. ONNX needs nine without subgraphs.
const DEPTH: usize = 16;

#[derive(Clone, Copy)]
enum Message {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    Sparse,
    ValueInfo,
    Type,
    TensorType,
    Shape,
    /// Messages of plain fields only.
    Leaf,
    Annotation,
    Training,
    Function,
}

enum Field {
    Message(Message),
    Text,
    Integers,
    Other,
}

/// What a field holds, by the numbers in `onnx.proto`.
fn field(message: Message, number: u64) -> Field {
    use Field::{Integers, Message as M, Other, Text};
    match (message, number) {
        (Message::Model, 7) => M(Message::Graph),
        (Message::Model, 8 | 14) => M(Message::Leaf),
        (Message::Model, 20) => M(Message::Training),
        (Message::Model, 25) => M(Message::Function),
        (Message::Graph, 1) => M(Message::Node),
        (Message::Graph, 5) => M(Message::Tensor),
        (Message::Graph, 15) => M(Message::Sparse),
        (Message::Graph, 11..=13) => M(Message::ValueInfo),
        (Message::Graph, 14) => M(Message::Annotation),
        (Message::Node, 5) => M(Message::Attribute),
        (Message::Attribute, 5 | 10) => M(Message::Tensor),
        (Message::Attribute, 6 | 11) => M(Message::Graph),
        (Message::Attribute, 15) => M(Message::Type),
        (Message::Attribute, 22 | 23) => M(Message::Sparse),
        (Message::Attribute, 8) => Integers,
        (Message::Tensor, 3 | 13) => M(Message::Leaf),
        (Message::Tensor, 1 | 5 | 7 | 11) => Integers,
        (Message::Sparse, 1 | 2) => M(Message::Tensor),
        (Message::Sparse, 3) => Integers,
        (Message::ValueInfo, 2) => M(Message::Type),
        (Message::Type, 1) => M(Message::TensorType),
        (Message::TensorType, 2) => M(Message::Shape),
        (Message::Shape, 1) => M(Message::Leaf),
        (Message::Annotation, 2) => M(Message::Leaf),
        (Message::Training, 1 | 2) => M(Message::Graph),
        (Message::Training, 3 | 4) => M(Message::Leaf),
        (Message::Function, 7) => M(Message::Node),
        (Message::Function, 9 | 14) => M(Message::Leaf),
        (Message::Function, 11) => M(Message::Attribute),
        // Packed floats and raw data grow no larger than they are in the file.
        (Message::Tensor, 4 | 9 | 10) | (Message::Attribute, 7) => Other,
        _ => Text,
    }
}

/// What a message takes once decoded, in bytes.
fn decoded(message: Message) -> usize {
    match message {
        Message::Model => size_of::<proto::ModelProto>(),
        Message::Graph => size_of::<proto::GraphProto>(),
        Message::Node => size_of::<proto::NodeProto>(),
        Message::Attribute => size_of::<proto::AttributeProto>(),
        Message::Tensor => size_of::<proto::TensorProto>(),
        Message::Sparse => size_of::<proto::SparseTensorProto>(),
        Message::ValueInfo => size_of::<proto::ValueInfoProto>(),
        Message::Type => size_of::<proto::TypeProto>(),
        Message::TensorType => size_of::<proto::type_proto::Tensor>(),
        Message::Shape => size_of::<proto::TensorShapeProto>(),
        Message::Leaf => size_of::<proto::StringStringEntryProto>(),
        Message::Annotation => size_of::<proto::TensorAnnotation>(),
        Message::Training => size_of::<proto::TrainingInfoProto>(),
        Message::Function => size_of::<proto::FunctionProto>(),
    }
}

/// What was seen on the way.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Scanned {
    /// Bytes that are taken once decoded.
    taken: usize,
    /// Whether a tensor names a place outside of the file.
    pub external: bool,
}

/// Refuses bytes that would take far more memory decoded than they do in the file.
pub(crate) fn scan(bytes: &[u8]) -> Result<Scanned, ModelError> {
    let mut scanned = Scanned::default();
    walk(bytes, Message::Model, 0, &mut scanned)
        .map_err(|why| ModelError::NotOnnx(why.to_owned()))?;
    Ok(scanned)
}

fn walk(
    mut bytes: &[u8],
    message: Message,
    depth: usize,
    scanned: &mut Scanned,
) -> Result<(), &'static str> {
    if depth > DEPTH {
        return Err("messages are nested too deeply");
    }
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let kind = field(message, key >> 3);
        scanned.external |= matches!((message, key >> 3), (Message::Tensor, 13));
        match key & 7 {
            0 => {
                let before = bytes.len();
                varint(&mut bytes)?;
                scanned.taken += (before - bytes.len()) * INTEGER;
            }
            1 => drop(take(&mut bytes, 8)?),
            5 => drop(take(&mut bytes, 4)?),
            2 => {
                let length = varint(&mut bytes)?;
                let inner = take(&mut bytes, length)?;
                match kind {
                    Field::Message(inside) => {
                        scanned.taken += decoded(inside);
                        walk(inner, inside, depth + 1, scanned)?;
                    }
                    Field::Text => scanned.taken += size_of::<String>(),
                    Field::Integers => scanned.taken += inner.len() * INTEGER,
                    Field::Other => {}
                }
            }
            _ => return Err("a field has a wire type that ONNX does not use"),
        }
        if scanned.taken > DECODED {
            return Err("it holds more messages, strings or integers than any model needs");
        }
    }
    Ok(())
}

fn varint(bytes: &mut &[u8]) -> Result<u64, &'static str> {
    let mut value = 0u64;
    for (place, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * place).min(63);
        if byte & 0x80 == 0 {
            *bytes = bytes.get(place + 1..).unwrap_or_default();
            return Ok(value);
        }
    }
    Err("it ends in the middle of a field, or a number is too long")
}

fn take<'a>(bytes: &mut &'a [u8], length: u64) -> Result<&'a [u8], &'static str> {
    let length = usize::try_from(length).map_err(|_| "a field is longer than the file")?;
    let (head, tail) = bytes
        .split_at_checked(length)
        .ok_or("a field is longer than what is left of the file, which may be cut off")?;
    *bytes = tail;
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A length-delimited field.
    fn wrap(number: u8, inner: &[u8]) -> Vec<u8> {
        let mut out = vec![number << 3 | 2];
        let mut length = inner.len();
        while length >= 128 {
            out.push((length & 127) as u8 | 128);
            length >>= 7;
        }
        out.push(length as u8);
        out.extend_from_slice(inner);
        out
    }

    #[test]
    fn a_flood_of_empty_nodes_is_refused() {
        let nodes: Vec<u8> = std::iter::repeat_n([0x0a, 0x00], 4_000_000).flatten().collect();
        assert!(scan(&wrap(7, &nodes)).is_err());
        assert!(scan(&wrap(7, &nodes[..2000])).is_ok());
    }

    #[test]
    fn a_flood_of_empty_names_is_refused() {
        let names: Vec<u8> = std::iter::repeat_n([0x0a, 0x00], 16_000_000).flatten().collect();
        assert!(scan(&wrap(7, &wrap(1, &names))).is_err());
    }

    #[test]
    fn nesting_and_truncation_are_refused() {
        let mut graph = Vec::new();
        for _ in 0..20 {
            graph = wrap(1, &wrap(5, &wrap(6, &graph)));
        }
        assert!(scan(&wrap(7, &graph)).is_err());
        assert!(scan(&[0x3a, 0x05, 0x0a]).is_err());
        assert!(scan(&[0xff; 12]).is_err());
        assert!(scan(&[]).is_ok());
    }
}
