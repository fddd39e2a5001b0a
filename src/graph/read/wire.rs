//! A first look at the bytes: how much memory will decoding them take?
//!
//! In protobuf an empty message costs two bytes, but hundreds once decoded, so a small file could
//! take gigabytes. This walks the fields that the decoder would allocate for, counts, and refuses
//! above a limit. It allocates nothing and never reads past the end.

use crate::graph::error::ModelError;

/// Messages in a file. An autoencoder of a hundred layers has some thousands.
const MESSAGES: usize = 100_000;
/// Strings and byte strings in a file.
const TEXTS: usize = 300_000;
/// Bytes of variable-length integers: each may become eight bytes.
const VARINT_BYTES: usize = 16 << 20;
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
        (Message::Function, 9) => M(Message::Leaf),
        // Packed floats and raw data grow no larger than they are in the file.
        (Message::Tensor, 4 | 9 | 10) | (Message::Attribute, 7) => Other,
        _ => Text,
    }
}

#[derive(Default)]
struct Budget {
    messages: usize,
    texts: usize,
    varint_bytes: usize,
}

/// Refuses bytes that would take far more memory decoded than they do in the file.
pub(crate) fn scan(bytes: &[u8]) -> Result<(), ModelError> {
    walk(bytes, Message::Model, 0, &mut Budget::default())
        .map_err(|why| ModelError::NotOnnx(why.to_owned()))
}

fn walk(
    mut bytes: &[u8],
    message: Message,
    depth: usize,
    budget: &mut Budget,
) -> Result<(), &'static str> {
    if depth > DEPTH {
        return Err("messages are nested too deeply");
    }
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let kind = field(message, key >> 3);
        match key & 7 {
            0 => {
                let before = bytes.len();
                varint(&mut bytes)?;
                budget.varint_bytes += before - bytes.len();
            }
            1 => drop(take(&mut bytes, 8)?),
            5 => drop(take(&mut bytes, 4)?),
            2 => {
                let length = varint(&mut bytes)?;
                let inner = take(&mut bytes, length)?;
                match kind {
                    Field::Message(inside) => {
                        budget.messages += 1;
                        walk(inner, inside, depth + 1, budget)?;
                    }
                    Field::Text => budget.texts += 1,
                    Field::Integers => budget.varint_bytes += inner.len(),
                    Field::Other => {}
                }
            }
            _ => return Err("a field has a wire type that ONNX does not use"),
        }
        if budget.messages > MESSAGES {
            return Err("it holds more than 100 000 messages");
        }
        if budget.texts > TEXTS {
            return Err("it holds more than 300 000 strings");
        }
        if budget.varint_bytes > VARINT_BYTES {
            return Err("it holds more than 16 MiB of integers that are not raw data");
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
    let (head, tail) =
        bytes.split_at_checked(length).ok_or("a field is longer than what is left of the file")?;
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
        let nodes: Vec<u8> = std::iter::repeat_n([0x0a, 0x00], 200_000).flatten().collect();
        assert!(scan(&wrap(7, &nodes)).is_err());
        assert!(scan(&wrap(7, &nodes[..2000])).is_ok());
    }

    #[test]
    fn a_flood_of_empty_names_is_refused() {
        let names: Vec<u8> = std::iter::repeat_n([0x0a, 0x00], 400_000).flatten().collect();
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
