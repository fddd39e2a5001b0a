//! The one input of a model that takes windows: of what shape.
//!
//! What the file declares goes in; an input of f32 windows comes out, or why it is none. Which input it
//! is, if there are more, [`super::noise`] says.

use crate::graph::error::{GraphPlace, ModelError, shown};
use crate::graph::options::FreeAxes;
use crate::graph::parts::{Batch, GraphInput};
use crate::graph::proto::tensor_shape_proto::Dimension;
use crate::graph::proto::tensor_shape_proto::dimension::Value;
use crate::graph::proto::{ValueInfoProto, type_proto};
use crate::graph::tensor::ElementType;

/// Largest fixed batch.
pub(crate) const LARGEST_BATCH: usize = 1024;
/// Largest dimension of a window.
const LARGEST_DIM: usize = 1 << 20;
/// What the input's axes may be.
const WANTED: &str = "it must be [N, features], [N, time, channels], [N, channels, time], \
                      [N, planes, height, width] or [N, height, width, planes]";

/// The input for windows as it is declared, its free axes filled in.
pub(crate) fn declared(
    input: &ValueInfoProto,
    free: Option<FreeAxes>,
) -> Result<GraphInput, ModelError> {
    let place = || GraphPlace::Input(input.name.clone());
    let Some(dims) = dims(input)? else {
        return Err(ModelError::unsupported(place(), format!("it has no shape; {WANTED}")));
    };
    let [batch, window @ ..] = dims else {
        return Err(ModelError::unsupported(place(), format!("it has no axes; {WANTED}")));
    };
    let batch = match &batch.value {
        Some(Value::DimValue(1..=1024)) | None | Some(Value::DimParam(_)) => match &batch.value {
            Some(Value::DimValue(n)) => Batch::Fixed(*n as usize),
            _ => Batch::Any,
        },
        Some(Value::DimValue(n)) => {
            let what = format!("its batch of {n} is not between 1 and {LARGEST_BATCH}");
            return Err(ModelError::unsupported(place(), what));
        }
    };
    let axes: Vec<WindowAxis<'_>> = window.iter().map(WindowAxis::of).collect();
    let filled = fill(&axes, free).map_err(|what| ModelError::unsupported(place(), what))?;
    let given = axes.iter().enumerate();
    let free = given.filter(|(_, axis)| matches!(axis, WindowAxis::Free(_)));
    let free = free.map(|(at, _)| at).collect();
    Ok(GraphInput { free, ..input_of(&input.name, batch, &filled)? })
}

/// The axes that an input declares, if it declares any. It must hold f32.
pub(super) fn dims(input: &ValueInfoProto) -> Result<Option<&[Dimension]>, ModelError> {
    let place = || GraphPlace::Input(input.name.clone());
    let declared = input.r#type.as_ref().and_then(|t| t.value.as_ref());
    let Some(type_proto::Value::TensorType(tensor)) = declared else {
        return Err(ModelError::invalid(place(), "it is not a tensor"));
    };
    let element = ElementType::from_onnx(i64::from(tensor.elem_type));
    if element.map(ElementType::widened) != Some(ElementType::F32) {
        let what = format!("it must hold f32 (ONNX type 1), not type {}", tensor.elem_type);
        return Err(ModelError::unsupported(place(), what));
    }
    Ok(tensor.shape.as_ref().map(|shape| shape.dim.as_slice()))
}

/// An input of windows with these axes after the first.
pub(crate) fn input_of(
    name: &str,
    batch: Batch,
    window: &[usize],
) -> Result<GraphInput, ModelError> {
    let place = || GraphPlace::Input(name.to_owned());
    if !(1..=3).contains(&window.len()) {
        let what = format!("it has axes {window:?} after N; {WANTED}");
        return Err(ModelError::unsupported(place(), what));
    }
    if window.iter().any(|dim| !(1..=LARGEST_DIM).contains(dim)) {
        let what = format!("it has axes {window:?} after N; each must be 1 to {LARGEST_DIM}");
        return Err(ModelError::unsupported(place(), what));
    }
    let window = window.to_vec();
    Ok(GraphInput { name: name.to_owned(), batch, window, free: Vec::new() })
}

/// An axis of a window as the file has it.
#[derive(Clone, Copy, Debug)]
pub(super) enum WindowAxis<'a> {
    /// What is no length is 0, and refused later.
    Fixed(usize),
    /// With its name; it may have none.
    Free(&'a str),
}

impl<'a> WindowAxis<'a> {
    pub(super) fn of(dim: &'a Dimension) -> Self {
        match &dim.value {
            Some(Value::DimValue(n)) => Self::Fixed(usize::try_from(*n).unwrap_or(0)),
            Some(Value::DimParam(name)) => Self::Free(name),
            None => Self::Free(""),
        }
    }
}

/// Lengths for the free axes. The error says how to give them.
fn fill(axes: &[WindowAxis<'_>], given: Option<FreeAxes>) -> Result<Vec<usize>, String> {
    let fixed = |axis: &WindowAxis<'_>| match axis {
        WindowAxis::Fixed(length) => Some(*length),
        WindowAxis::Free(_) => None,
    };
    let free: Vec<(usize, &str)> = axes
        .iter()
        .enumerate()
        .filter_map(|(at, axis)| match axis {
            WindowAxis::Free(name) => Some((at, *name)),
            WindowAxis::Fixed(_) => None,
        })
        .collect();
    let filled = |lengths: &[usize]| {
        let mut lengths = lengths.iter().copied();
        axes.iter().map(|axis| fixed(axis).or_else(|| lengths.next()).unwrap_or(0)).collect()
    };
    match (free.as_slice(), given) {
        ([], _) => Ok(filled(&[])),
        ([_], Some(FreeAxes::Rows(rows))) => Ok(filled(&[rows])),
        ([_, _], Some(FreeAxes::Size { height, width })) if axes.len() == 3 => {
            Ok(filled(&[height, width]))
        }
        ([(at, name)], _) => Err(format!(
            "its axis {}{} is free: say how long it is with `--window ROWS`, the rows of a window",
            at + 1,
            if name.is_empty() { String::new() } else { format!(" (`{}`)", shown(name)) }
        )),
        ([_, _], _) if axes.len() == 3 => Err("the height and width of its pictures are free: \
                                               give them with `--size HEIGHTxWIDTH`"
            .into()),
        _ => Err(format!(
            "{} of its {} axes after the first (the batch) are free; export with fixed ones, but \
             for the time, or for height and width",
            free.len(),
            axes.len()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use WindowAxis::{Fixed, Free};

    #[test]
    fn free_axes_are_filled_or_say_how() {
        let size = Some(FreeAxes::Size { height: 4, width: 5 });
        let rows = Some(FreeAxes::Rows(7));
        assert_eq!(fill(&[Fixed(3), Free("t")], rows), Ok(vec![3, 7]));
        assert_eq!(fill(&[Free("t"), Fixed(3)], rows), Ok(vec![7, 3]));
        assert_eq!(fill(&[Fixed(2), Fixed(3)], rows), Ok(vec![2, 3]));
        assert_eq!(fill(&[Free(""), Free(""), Fixed(3)], size), Ok(vec![4, 5, 3]));
        assert_eq!(fill(&[Fixed(1), Free(""), Free("")], size), Ok(vec![1, 4, 5]));
        let refused: [(&[WindowAxis<'_>], _, _); 5] = [
            (&[Fixed(3), Free("t")], None, "axis 2 (`t`) is free"),
            (&[Fixed(3), Free("")], size, "--window ROWS"),
            (&[Free(""), Free(""), Fixed(3)], None, "--size HEIGHTxWIDTH"),
            (&[Free(""), Free("")], rows, "2 of its 2 axes"),
            (&[Free(""), Free(""), Free("")], size, "3 of its 3 axes"),
        ];
        for (axes, given, words) in refused {
            let error = fill(axes, given).unwrap_err();
            assert!(error.contains(words), "{axes:?} {given:?}: {error}");
        }
    }
}
