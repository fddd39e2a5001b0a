//! Where the weights of a linear layer stand among the stored ones: places go in, the weights in the
//! order in which a kernel packs them come out.

use std::borrow::Cow;

use super::compiler::Why;

/// No weight stands here: zero.
pub(super) const NONE: usize = usize::MAX;

/// For each output, and in it for each element, where the weight is.
pub(super) enum Places {
    /// As they are stored, from the first on.
    InOrder,
    /// Rows and columns of a matrix at these distances; the elements in this order, if in another.
    Matrix { output: usize, element: usize, order: Option<Vec<usize>> },
    /// One by one, [`NONE`] among them.
    Listed(Vec<usize>),
}

impl Places {
    /// Of a matrix.
    pub(super) fn matrix(
        elements: usize,
        (output, element): (usize, usize),
        order: Option<Vec<usize>>,
    ) -> Self {
        let in_order = order.as_ref().is_none_or(|order| order.iter().copied().eq(0..elements));
        match in_order && (output, element) == (elements, 1) {
            true => Places::InOrder,
            false => Places::Matrix { output, element, order: order.filter(|_| !in_order) },
        }
    }

    /// Whether somewhere no weight stands.
    pub(super) fn has_gaps(&self) -> bool {
        matches!(self, Places::Listed(places) if places.contains(&NONE))
    }

    /// The weights of `outputs` of so many elements, copied only where they are stored in another order.
    pub(super) fn of<'a, T: Copy + Default>(
        &self,
        stored: &'a [T],
        outputs: usize,
        elements: usize,
    ) -> Result<Cow<'a, [T]>, Why> {
        let missing = || -> Why { "a weight is missing".into() };
        match self {
            Places::InOrder => {
                let len = outputs.checked_mul(elements).ok_or_else(missing)?;
                stored.get(..len).map(Cow::Borrowed).ok_or_else(missing)
            }
            Places::Matrix { output, element, order } => {
                let at = |at: usize| match order {
                    Some(order) => order.get(at).copied().unwrap_or(NONE),
                    None => at,
                };
                let far: Vec<usize> =
                    (0..elements).map(|i| at(i).saturating_mul(*element)).collect();
                let mut packed = Vec::with_capacity(outputs.saturating_mul(elements));
                for row in 0..outputs {
                    let row = stored.get(row * output..).ok_or_else(missing)?;
                    for &far in &far {
                        packed.push(*row.get(far).ok_or_else(missing)?);
                    }
                }
                Ok(Cow::Owned(packed))
            }
            Places::Listed(places) => {
                let weight = |&at: &usize| match at {
                    NONE => Some(T::default()),
                    at => stored.get(at).copied(),
                };
                let packed: Option<Vec<T>> = places.iter().map(weight).collect();
                packed.map(Cow::Owned).ok_or_else(missing)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_is_read_along_its_rows_or_columns_and_in_any_order() {
        let stored = [1, 2, 3, 4, 5, 6];
        let of = |steps, order: Option<&[usize]>| {
            let places = Places::matrix(3, steps, order.map(<[usize]>::to_vec));
            places.of(&stored, 2, 3).map(Cow::into_owned)
        };
        assert_eq!(of((3, 1), None), Ok(vec![1, 2, 3, 4, 5, 6]));
        assert_eq!(of((1, 2), None), Ok(vec![1, 3, 5, 2, 4, 6]));
        assert_eq!(of((3, 1), Some(&[2, 0, 1])), Ok(vec![3, 1, 2, 6, 4, 5]));
        assert_eq!(of((1, 2), Some(&[0, 1, 2])), Ok(vec![1, 3, 5, 2, 4, 6]));
        assert!(of((4, 1), None).is_err() && of((3, 1), Some(&[0, 1])).is_err());
        let listed = Places::Listed(vec![5, NONE, 0, 1, 2, 3]);
        assert!(listed.has_gaps());
        assert_eq!(listed.of(&stored, 2, 3).map(Cow::into_owned), Ok(vec![6, 0, 1, 2, 3, 4]));
    }

    #[test]
    fn weights_in_their_order_are_not_copied() {
        let stored = [1.0, 2.0, 3.0, 4.0];
        let places = Places::matrix(2, (2, 1), Some(vec![0, 1]));
        assert!(matches!(places.of(&stored, 2, 2), Ok(Cow::Borrowed(_))));
        assert!(places.of(&stored, 3, 2).is_err());
    }
}
