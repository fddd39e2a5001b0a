//! Rows of a new normal and what did not move before go in; what does not move now comes out, and what is to be said of it.

use super::error::NewNormalError;
use crate::fit::data::{Data, Wanted};
use oddity_core::constant::is_same;
use oddity_core::profile::Constant;

/// The same constants: those that have one other value in all the rows have it from now on.
///
/// # Errors
/// When the data cannot be read.
pub(super) fn constants(
    data: &Data,
    old: &[Constant],
) -> Result<(Vec<Constant>, Vec<String>), NewNormalError> {
    let columns = data.peek()?.map(|columns| columns.channels).unwrap_or_default();
    let mut now = old.to_vec();
    let mut there: Vec<&mut Constant> =
        now.iter_mut().filter(|constant| columns.contains(&constant.name)).collect();
    if there.is_empty() {
        return Ok((now, Vec::new()));
    }
    let names = there.iter().map(|constant| constant.name.clone()).collect();
    let data = Data { features: None, ..data.clone() };
    let mut values: Vec<Option<Value>> = vec![None; there.len()];
    data.read(&Wanted::unknown(&data, Some(names), Vec::new()), |_, sample, label| {
        if data.is_normal(sample.row, label) {
            let readings = values.iter_mut().zip(sample.values);
            readings.for_each(|(value, &reading)| Value::take(value, reading));
        }
        Ok(())
    })?;
    let mut said = Vec::new();
    for (constant, value) in there.iter_mut().zip(values) {
        match value {
            Some(Value::One(now)) if !is_same(constant.value, now) => {
                said.push(format!(
                    "{}: was {} all the time, and is {now} from now on",
                    constant.name, constant.value
                ));
                constant.value = now;
            }
            Some(Value::Several) => said.push(format!(
                "{}: was {} all the time, and moves in these rows; it is watched as before",
                constant.name, constant.value
            )),
            _ => {}
        }
    }
    Ok((now, said))
}

/// What one column holds.
#[derive(Clone, Copy)]
enum Value {
    One(f64),
    Several,
}

impl Value {
    fn take(known: &mut Option<Self>, reading: f64) {
        if !reading.is_finite() {
            return;
        }
        match *known {
            None => *known = Some(Self::One(reading)),
            Some(Self::One(one)) if !is_same(one, reading) => *known = Some(Self::Several),
            _ => {}
        }
    }
}
