//! Tensors whose data lie in another file, put into the model's own.
//!
//! The bytes of a model go in, with a function that reads a part of a file beside it; the bytes of a
//! model that needs no other file come out. Names of files are checked here, so that the function is
//! asked for plain names only; nothing is opened here.

use prost::Message;

use super::error::{GraphPlace, ModelError, shown};
use super::options::Limits;
use super::proto::tensor_proto::{DataLocation, DataType};
use super::proto::{AttributeProto, GraphProto, ModelProto, NodeProto, TensorProto};
use super::read::{place, refuse_foreign, scan};

/// A part of a file that lies beside the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExternalPart<'a> {
    /// Name of the file: never with a folder, never `..`.
    pub file: &'a str,
    /// First byte.
    pub offset: u64,
    /// Bytes, which are never more than the limits allow.
    pub length: u64,
}

/// Puts the data that lie in other files into the model. A model that has all its data comes out as it
/// is, and so does what is no model at all.
///
/// `read` gives exactly the bytes of a part, or says why not.
///
/// # Errors
/// Names the tensor, and what is wrong with the place where its data should be.
pub fn merge_external(
    onnx: Vec<u8>,
    limits: Limits,
    mut read: impl FnMut(ExternalPart<'_>) -> Result<Vec<u8>, String>,
) -> Result<Vec<u8>, ModelError> {
    refuse_foreign(&onnx)?;
    limits.check_file(onnx.len() as u64)?;
    // What is wrong with the file is said when it is read in earnest.
    if !scan(&onnx).is_ok_and(|scanned| scanned.external) {
        return Ok(onnx);
    }
    let mut model = ModelProto::decode(onnx.as_slice())
        .map_err(|error| ModelError::NotOnnx(error.to_string()))?;
    let mut merger = Merger { total: onnx.len() as u64, limits, read: &mut read };
    drop(onnx);
    if let Some(graph) = &mut model.graph {
        merger.graph(graph)?;
    }
    for node in model.functions.iter_mut().flat_map(|function| &mut function.node) {
        merger.node(node)?;
    }
    Ok(model.encode_to_vec())
}

struct Merger<'a, F> {
    /// Bytes of the model with all that was read.
    total: u64,
    limits: Limits,
    read: &'a mut F,
}

impl<F> Merger<'_, F>
where
    F: FnMut(ExternalPart<'_>) -> Result<Vec<u8>, String>,
{
    fn graph(&mut self, graph: &mut GraphProto) -> Result<(), ModelError> {
        for stored in &mut graph.initializer {
            let place = GraphPlace::Tensor(stored.name.clone());
            self.tensor(stored, place)?;
        }
        graph.node.iter_mut().try_for_each(|node| self.node(node))
    }

    /// Those that nodes carry with them. What lies in graphs within nodes is left alone: such nodes are
    /// refused anyway.
    fn node(&mut self, node: &mut NodeProto) -> Result<(), ModelError> {
        let place = place(node);
        for attribute in &mut node.attribute {
            let AttributeProto { t, tensors, .. } = attribute;
            for stored in t.iter_mut().chain(tensors) {
                self.tensor(stored, place.clone())?;
            }
        }
        Ok(())
    }

    fn tensor(&mut self, stored: &mut TensorProto, place: GraphPlace) -> Result<(), ModelError> {
        if stored.data_location != Some(DataLocation::External as i32) {
            return Ok(());
        }
        let entry = |key: &str| {
            let found = stored.external_data.iter().find(|entry| entry.key == key);
            found.map(|entry| entry.value.as_str())
        };
        let number = |key: &str| match entry(key).map(str::parse::<u64>) {
            Some(Ok(number)) => Ok(Some(number)),
            None => Ok(None),
            Some(Err(_)) => {
                let what = format!("the `{key}` of its data in another file is no number");
                Err(ModelError::invalid(place.clone(), what))
            }
        };
        let file = file_name(entry("location").unwrap_or_default())
            .map_err(|what| ModelError::unsupported(place.clone(), what))?;
        let (offset, given) = (number("offset")?.unwrap_or(0), number("length")?);
        let length = match (needed_bytes(stored), given) {
            (Some(needed), Some(given)) if needed != given => {
                let what = format!(
                    "its data in `{}` are said to be {given} bytes, but its dimensions need {needed}",
                    shown(file)
                );
                return Err(ModelError::invalid(place, what));
            }
            (needed, given) => needed.or(given),
        };
        let Some(length) = length else {
            let what = "its data lie in another file, and it does not say how many bytes they are";
            return Err(ModelError::invalid(place, what));
        };
        self.total = self.total.saturating_add(length);
        self.limits.check_file(self.total)?;
        let part = ExternalPart { file, offset, length };
        let bytes = (self.read)(part).map_err(|what| {
            let what = format!("its data should be in `{}` beside the model: {what}", shown(file));
            ModelError::invalid(place.clone(), what)
        })?;
        stored.raw_data = bytes;
        stored.data_location = None;
        stored.external_data.clear();
        Ok(())
    }
}

/// Bytes that data in another file have, which are laid out as raw data; `None` for a type that is not
/// known.
fn needed_bytes(stored: &TensorProto) -> Option<u64> {
    let bits = match DataType::try_from(stored.data_type).ok()? {
        DataType::Uint4 | DataType::Int4 | DataType::Float4e2m1 => 4,
        DataType::Uint8
        | DataType::Int8
        | DataType::Bool
        | DataType::Float8e4m3fn
        | DataType::Float8e4m3fnuz
        | DataType::Float8e5m2
        | DataType::Float8e5m2fnuz => 8,
        DataType::Uint16 | DataType::Int16 | DataType::Float16 | DataType::Bfloat16 => 16,
        DataType::Float | DataType::Int32 | DataType::Uint32 => 32,
        DataType::Double | DataType::Int64 | DataType::Uint64 | DataType::Complex64 => 64,
        DataType::Complex128 => 128,
        DataType::Undefined | DataType::String => return None,
    };
    let dims = stored.dims.iter().map(|&dim| u64::try_from(dim).ok());
    let elements = dims.into_iter().try_fold(1u64, |product, dim| product.checked_mul(dim?))?;
    Some(elements.checked_mul(bits)?.div_ceil(8))
}

/// The name of a file in the model's own folder.
fn file_name(location: &str) -> Result<&str, String> {
    let name = location.strip_prefix("./").unwrap_or(location);
    let plain = !matches!(name, "" | "." | "..") && !name.contains(['/', '\\', '\0', ':']);
    plain.then_some(name).ok_or_else(|| {
        format!(
            "its data lie in `{}`; only files in the model's own folder are read: export the model \
             again, or store its data in the model (`onnx.save_model`)",
            shown(location)
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::proto::StringStringEntryProto;

    fn outside(name: &str, dims: &[i64], entries: &[(&str, &str)]) -> TensorProto {
        let entry = |(key, value): &(&str, &str)| StringStringEntryProto {
            key: (*key).into(),
            value: (*value).into(),
        };
        TensorProto {
            name: name.into(),
            dims: dims.to_vec(),
            data_type: DataType::Float as i32,
            data_location: Some(DataLocation::External as i32),
            external_data: entries.iter().map(entry).collect(),
            ..TensorProto::default()
        }
    }

    /// What comes of a model with this tensor, beside a file of the bytes 0 to 99.
    fn merged(tensor: TensorProto) -> Result<TensorProto, ModelError> {
        let graph = GraphProto { initializer: vec![tensor], ..GraphProto::default() };
        let model = ModelProto { graph: Some(graph), ..ModelProto::default() };
        let data: Vec<u8> = (0..100).collect();
        let limits = Limits::default();
        let bytes = merge_external(model.encode_to_vec(), limits, |part| {
            assert_eq!(part.file, "w.data");
            let (from, length) = (part.offset as usize, part.length as usize);
            data.get(from..from + length).map(<[u8]>::to_vec).ok_or("too short".into())
        })?;
        let model = ModelProto::decode(bytes.as_slice());
        let graph = model.ok().and_then(|model| model.graph).unwrap_or_default();
        Ok(graph.initializer.into_iter().next().unwrap_or_default())
    }

    #[test]
    fn data_are_put_in_where_they_belong() {
        let place = [("location", "w.data"), ("offset", "8"), ("length", "16")];
        let whole = merged(outside("w", &[2, 2], &place)).unwrap_or_default();
        assert_eq!(whole.raw_data, (8..24).collect::<Vec<u8>>());
        assert!(whole.external_data.is_empty() && whole.data_location.is_none());
        let short = merged(outside("w", &[2], &[("location", "./w.data")])).unwrap_or_default();
        assert_eq!(short.raw_data, (0..8).collect::<Vec<u8>>());
    }

    #[test]
    fn what_lies_nowhere_or_elsewhere_is_refused() {
        let elsewhere = ["", ".", "..", "/etc/passwd", "a/w.data", "../w.data", "a\\b", "C:w"];
        for location in elsewhere {
            let refused = merged(outside("w", &[2], &[("location", location)]));
            assert!(matches!(refused, Err(ModelError::Unsupported { .. })), "{location}");
        }
        let at = |key: &'static str, value: &'static str| [("location", "w.data"), (key, value)];
        let wrong = [at("offset", "96"), at("offset", "-1"), at("length", "7"), at("length", "x")];
        for place in wrong {
            let refused = merged(outside("w", &[2], &place));
            assert!(matches!(refused, Err(ModelError::Invalid { .. })), "{place:?}");
        }
        let huge = merged(outside("w", &[1 << 30], &[("location", "w.data")]));
        assert!(matches!(huge, Err(ModelError::TooLarge { .. })));
    }

    #[test]
    fn a_model_that_has_all_its_data_stays_as_it_is() {
        // Text that looks like a model, and a field that no model has, would not survive decoding.
        for bytes in [b"not a model".to_vec(), vec![0xfa, 0x07, 0x01, 0x78]] {
            let read = |_: ExternalPart<'_>| Err("nothing is to be read".into());
            assert_eq!(merge_external(bytes.clone(), Limits::default(), read), Ok(bytes));
        }
    }
}
