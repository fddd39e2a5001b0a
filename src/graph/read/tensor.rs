//! Checks a stored tensor against its own description, and types it.
//!
//! A [`TensorProto`] goes in; a [`Tensor`] comes out, or why it cannot be what it says. Raw data are
//! moved, not copied.

use crate::graph::error::{GraphPlace, ModelError};
use crate::graph::proto::TensorProto;
use crate::graph::proto::tensor_proto::DataLocation;
use crate::graph::tensor::{ElementType, RANK, Tensor, volume, words};

/// Elements in one stored tensor: more than a file of the largest size could hold.
const ELEMENTS: usize = 64 << 20;

/// Bytes that are looked at together: whole numbers of any type.
const BLOCK: usize = 4096;

/// The stored tensor.
///
/// # Errors
/// When its data do not fill its shape, lie outside the file, or are of a type that is not run.
pub(crate) fn tensor(stored: TensorProto, place: GraphPlace) -> Result<Tensor, ModelError> {
    let bad = |what: &str| ModelError::invalid(place.clone(), what);
    let outside = stored.data_location == Some(DataLocation::External as i32);
    if outside || !stored.external_data.is_empty() {
        let what = "its data lie in another file, which was not read with it: `graph::merge_external` puts \
                    them into the model, and so does `onnx.save_model(onnx.load(FILE), FILE)`";
        return Err(ModelError::unsupported(place, what));
    }
    if stored.segment.is_some() {
        return Err(bad("it is stored in segments, which ONNX no longer uses"));
    }
    let element = ElementType::from_onnx(i64::from(stored.data_type));
    let typed = element.and_then(|element| Some((element, stored_bits(element)?)));
    let Some((element, bits)) = typed else {
        let what = format!("its element type ({}) is not supported", stored.data_type);
        return Err(ModelError::unsupported(place, what));
    };
    if stored.dims.len() > RANK {
        return Err(bad("it has more than 8 axes"));
    }
    let dims: Vec<usize> = stored
        .dims
        .iter()
        .map(|&dim| usize::try_from(dim).map_err(|_| bad("a dimension is negative")))
        .collect::<Result<_, _>>()?;
    let elements = volume(&dims).filter(|&n| n <= ELEMENTS);
    let elements = elements.ok_or_else(|| bad("its dimensions are larger than any file"))?;
    if !fills(&stored, element, elements, bits) {
        return Err(bad("its data do not fill its dimensions exactly"));
    }
    if !holds(element, &stored.int32_data) {
        return Err(bad("it holds a number that is none of its element type"));
    }
    let bytes = widened(bytes(stored, element), element, elements);
    let tensor = Tensor { dims, element: element.widened(), bytes };
    if has_nan(&tensor) {
        return Err(bad("it holds a value that is not a number (NaN)"));
    }
    Ok(tensor)
}

/// Bits of an element in a file, for the types that a model may store.
fn stored_bits(element: ElementType) -> Option<usize> {
    match element {
        ElementType::U4 | ElementType::I4 => Some(4),
        ElementType::U8 | ElementType::I8 | ElementType::Bool => Some(8),
        ElementType::F16 | ElementType::BF16 | ElementType::U16 | ElementType::I16 => Some(16),
        ElementType::F32 | ElementType::I32 => Some(32),
        ElementType::I64 | ElementType::F64 => Some(64),
        ElementType::Text | ElementType::U32 | ElementType::U64 => None,
    }
}

/// Whether the one field that may hold the data holds as many as the dimensions say.
fn fills(stored: &TensorProto, element: ElementType, elements: usize, bits: usize) -> bool {
    let typed = [
        stored.float_data.len(),
        stored.int32_data.len(),
        stored.int64_data.len(),
        stored.double_data.len(),
        stored.uint64_data.len(),
        stored.string_data.len(),
    ];
    let own = match element {
        ElementType::F32 => typed[0],
        ElementType::I64 => typed[2],
        ElementType::F64 => typed[3],
        _ => typed[1],
    };
    let all: usize = typed.iter().sum();
    let raw = stored.raw_data.len();
    if raw > 0 {
        all == 0 && elements.checked_mul(bits).is_some_and(|bits| bits.div_ceil(8) == raw)
    } else {
        // Two numbers of 4 bits share an entry.
        let entries = if bits == 4 { elements.div_ceil(2) } else { elements };
        own == entries && all == own
    }
}

/// Whether these numbers fit the bits of an element; whether it has a sign is not looked at, for writers
/// differ in it.
fn holds(element: ElementType, numbers: &[i32]) -> bool {
    let range = match element {
        ElementType::U4 | ElementType::I4 | ElementType::U8 | ElementType::I8 => -128..=255,
        ElementType::U16 | ElementType::I16 | ElementType::F16 | ElementType::BF16 => {
            -32768..=65535
        }
        _ => return true,
    };
    numbers.iter().all(|number| range.contains(number))
}

/// The bytes that raw data would have.
fn bytes(stored: TensorProto, element: ElementType) -> Vec<u8> {
    if !stored.raw_data.is_empty() {
        return stored.raw_data;
    }
    let integers = stored.int32_data.iter();
    match element {
        ElementType::F32 => stored.float_data.iter().flat_map(|x| x.to_le_bytes()).collect(),
        ElementType::I64 => stored.int64_data.iter().flat_map(|x| x.to_le_bytes()).collect(),
        ElementType::F64 => stored.double_data.iter().flat_map(|x| x.to_le_bytes()).collect(),
        ElementType::I32 => integers.flat_map(|x| x.to_le_bytes()).collect(),
        ElementType::F16 | ElementType::BF16 | ElementType::U16 | ElementType::I16 => {
            integers.flat_map(|&x| (x as u16).to_le_bytes()).collect()
        }
        ElementType::Bool => integers.map(|&x| u8::from(x != 0)).collect(),
        _ => integers.map(|&x| x as u8).collect(),
    }
}

/// Half floats as f32, numbers of 4 bits in a byte each: of two in a byte the lower bits come first.
fn widened(bytes: Vec<u8>, element: ElementType, elements: usize) -> Vec<u8> {
    let halves = |byte: &u8| [byte & 15, byte >> 4];
    match element {
        ElementType::F16 => {
            words(&bytes).flat_map(|w| half(u16::from_le_bytes(w)).to_le_bytes()).collect()
        }
        ElementType::BF16 => words(&bytes).flat_map(|[low, high]| [0, 0, low, high]).collect(),
        ElementType::U4 => bytes.iter().flat_map(halves).take(elements).collect(),
        ElementType::I4 => {
            let signed = |bits: u8| if bits > 7 { bits | 0xf0 } else { bits };
            bytes.iter().flat_map(halves).map(signed).take(elements).collect()
        }
        _ => bytes,
    }
}

/// The f32 of an IEEE 754 half float, which holds it exactly.
fn half(bits: u16) -> f32 {
    let (exponent, fraction) = (bits >> 10 & 31, f32::from(bits & 1023));
    let size = match exponent {
        0 => fraction * 2f32.powi(-24),
        31 if fraction == 0.0 => f32::INFINITY,
        31 => f32::NAN,
        _ => (1024.0 + fraction) * 2f32.powi(i32::from(exponent) - 25),
    };
    if bits >> 15 == 1 { -size } else { size }
}

fn has_nan(tensor: &Tensor) -> bool {
    // Whole blocks, not up to the first: the compiler then looks at many at once.
    let any = |block: &[u8]| match tensor.element {
        ElementType::F32 => words(block).fold(false, |nan, w| nan | f32::from_le_bytes(w).is_nan()),
        ElementType::F64 => words(block).fold(false, |nan, w| nan | f64::from_le_bytes(w).is_nan()),
        _ => false,
    };
    tensor.bytes.chunks(BLOCK).any(any)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::fact::Fact;

    fn stored(dims: &[i64], data: &[f32]) -> TensorProto {
        TensorProto {
            dims: dims.to_vec(),
            data_type: ElementType::F32.onnx(),
            float_data: data.to_vec(),
            ..TensorProto::default()
        }
    }

    fn ok(stored: &TensorProto) -> bool {
        tensor(stored.clone(), GraphPlace::Tensor("t".into())).is_ok()
    }

    #[test]
    fn data_must_fill_the_dimensions() {
        assert!(ok(&stored(&[2, 2], &[0.0; 4])));
        assert!(!ok(&stored(&[2, 2], &[0.0; 3])));
        assert!(!ok(&stored(&[-2, 2], &[0.0; 4])));
        assert!(!ok(&stored(&[i64::MAX, i64::MAX], &[])));
        assert!(!ok(&stored(&[1 << 40], &[])));
        assert!(!ok(&stored(&[1], &[f32::NAN])));
        let twice = TensorProto { raw_data: vec![0; 16], ..stored(&[2, 2], &[0.0; 4]) };
        assert!(!ok(&twice));
        let outside = TensorProto {
            data_location: Some(DataLocation::External as i32),
            ..stored(&[1], &[0.0])
        };
        assert!(!ok(&outside));
    }

    #[test]
    fn small_integers_are_read_from_either_field() {
        let of = |fill: fn(&mut TensorProto)| {
            let mut stored = TensorProto {
                dims: vec![2],
                data_type: ElementType::I64.onnx(),
                ..TensorProto::default()
            };
            fill(&mut stored);
            let tensor = tensor(stored, GraphPlace::File).ok();
            tensor.and_then(|tensor| Fact::of_stored(&tensor).known).map(|known| known.data)
        };
        let raw = |stored: &mut TensorProto| {
            stored.raw_data = [3i64.to_le_bytes(), (-1i64).to_le_bytes()].concat();
        };
        assert_eq!(of(raw), Some(vec![3.0, -1.0]));
        assert_eq!(of(|stored| stored.int64_data = vec![3, -1]), Some(vec![3.0, -1.0]));
    }

    #[test]
    fn half_floats_and_four_bits_are_read_as_what_they_stand_for() {
        let of = |element: ElementType, dims: i64, raw: &[u8]| {
            let stored = TensorProto {
                dims: vec![dims],
                data_type: element.onnx(),
                raw_data: raw.to_vec(),
                ..TensorProto::default()
            };
            tensor(stored, GraphPlace::File).ok().and_then(|tensor| tensor.to_f32())
        };
        let f16 = [0x3c00u16, 0xc000, 0x0001, 0x7bff].map(u16::to_le_bytes).concat();
        let read = of(ElementType::F16, 4, &f16);
        assert_eq!(read, Some(vec![1.0, -2.0, 5.960_464_5e-8, 65504.0]));
        let bf16 = [0x3f80u16, 0xc000].map(u16::to_le_bytes).concat();
        assert_eq!(of(ElementType::BF16, 2, &bf16), Some(vec![1.0, -2.0]));
        assert_eq!(of(ElementType::I4, 3, &[0xf8, 0x07]), Some(vec![-8.0, -1.0, 7.0]));
        assert_eq!(of(ElementType::U4, 3, &[0xf8, 0x07]), Some(vec![8.0, 15.0, 7.0]));
        assert_eq!(of(ElementType::U4, 3, &[0xf8]), None);
    }

    #[test]
    fn each_element_type_has_the_bytes_that_raw_data_would_have() {
        let of = |element: ElementType| {
            let stored = TensorProto {
                dims: vec![2],
                data_type: element.onnx(),
                int32_data: vec![1, -2],
                ..TensorProto::default()
            };
            tensor(stored, GraphPlace::File).map(|tensor| tensor.bytes)
        };
        assert_eq!(of(ElementType::U8), Ok(vec![1, 254]));
        assert_eq!(of(ElementType::I8), Ok(vec![1, 254]));
        assert_eq!(of(ElementType::Bool), Ok(vec![1, 1]));
        assert_eq!(of(ElementType::I16), Ok(vec![1, 0, 254, 255]));
        assert_eq!(of(ElementType::I32), Ok(vec![1, 0, 0, 0, 254, 255, 255, 255]));
    }

    #[test]
    fn numbers_outside_of_their_type_are_refused() {
        let of = |element: ElementType, number: i32| {
            let stored = TensorProto {
                data_type: element.onnx(),
                int32_data: vec![number],
                ..TensorProto::default()
            };
            tensor(stored, GraphPlace::File).map(|tensor| tensor.bytes)
        };
        assert_eq!(of(ElementType::U8, 255), Ok(vec![255]));
        assert_eq!(of(ElementType::I8, -128), Ok(vec![128]));
        for (element, number) in [
            (ElementType::U8, 256),
            (ElementType::I8, -129),
            (ElementType::U16, 65536),
            (ElementType::I16, -32769),
        ] {
            let error = of(element, number).map_err(|error| error.to_string());
            assert!(error.is_err_and(|text| text.contains("none of its element type")), "{number}");
        }
    }
}
