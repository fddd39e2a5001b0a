//! Einsum (onnx.ai/onnx/operators): sums of products over named axes, as matrix products.
//!
//! Two factors at a time: the axes of each fall into those that both and the result have (a batch of
//! matrices), those of one alone, and those that are summed over.

use crate::graph::build::Part;
use crate::graph::error::ModelError;
use crate::graph::op::{Op, Reduction};

/// A value with a letter for each of its axes.
struct Factor {
    value: String,
    letters: Vec<char>,
}

pub(super) fn einsum(part: &mut Part<'_, '_>, equation: &str) -> Result<(), ModelError> {
    let text: String = equation.chars().filter(|letter| !letter.is_whitespace()).collect();
    let (left, right) = match text.split_once("->") {
        Some((left, right)) => (left.to_owned(), right.to_owned()),
        None => (text.clone(), implied(&text)),
    };
    let mut factors = Vec::new();
    let mut spread = 0;
    for (index, term) in left.split(',').enumerate() {
        let value = part.input(index)?.to_owned();
        let rank = part.dims(&value)?.len();
        let (letters, dots) = letters(term, rank).ok_or_else(|| {
            part.unsupported(format!(
                "its term {index} does not name the axes of its input once each"
            ))
        })?;
        spread = spread.max(dots);
        factors.push(Factor { value, letters });
    }
    let wanted = right.chars().filter(|letter| letter.is_alphabetic()).count();
    let dots = if right.contains("...") { spread } else { 0 };
    let (wanted, _) = letters(&right, wanted + dots)
        .ok_or_else(|| part.unsupported("its result names an axis twice"))?;
    let mut rest = factors.into_iter();
    let first = rest.next().ok_or_else(|| part.bad("it has no inputs"))?;
    let mut left: Vec<Factor> = rest.collect();
    let mut product = first;
    while !left.is_empty() {
        let second = left.remove(0);
        let needed = |letter: &char| {
            wanted.contains(letter) || left.iter().any(|factor| factor.letters.contains(letter))
        };
        product = multiply(part, product, second, &needed)?;
    }
    let product = summed(part, product, &|letter| wanted.contains(letter))?;
    let value = arranged(part, product, &wanted)?;
    part.give(0, value);
    Ok(())
}

/// The result where none is written: every letter that is there once, in order.
fn implied(left: &str) -> String {
    let mut letters: Vec<char> = left.chars().filter(|letter| letter.is_alphabetic()).collect();
    letters.sort_unstable();
    let once = |letter: &&char| left.matches(**letter).count() == 1;
    let dots = if left.contains("...") { "..." } else { "" };
    dots.chars().chain(letters.iter().filter(once).copied()).collect()
}

/// A letter for each axis, and how many `...` stands for, which get digits counted from the end.
fn letters(term: &str, rank: usize) -> Option<(Vec<char>, usize)> {
    let (before, after) = match term.split_once("...") {
        Some((before, after)) => (before, Some(after)),
        None => (term, None),
    };
    let named = before.chars().count() + after.map_or(0, |after| after.chars().count());
    let dots = rank.checked_sub(named)?;
    if after.is_none() && dots != 0 || dots > 8 {
        return None;
    }
    let digits = (0..dots).rev().filter_map(|place| char::from_digit(place as u32, 10));
    let all: Vec<char> = before.chars().chain(digits).chain(after.unwrap_or("").chars()).collect();
    let sound = |(place, letter): (usize, &char)| {
        letter.is_alphanumeric() && all.iter().skip(place + 1).all(|other| other != letter)
    };
    all.iter().enumerate().all(sound).then_some((all, dots))
}

/// Sums over the axes that nothing needs any more.
fn summed(
    part: &mut Part<'_, '_>,
    factor: Factor,
    needed: &dyn Fn(&char) -> bool,
) -> Result<Factor, ModelError> {
    let gone: Vec<usize> =
        (0..).zip(&factor.letters).filter(|(_, letter)| !needed(letter)).map(|(i, _)| i).collect();
    if gone.is_empty() {
        return Ok(factor);
    }
    let sum = part.reduce(Reduction::Sum, &factor.value, &gone)?;
    let value = part.without(&sum, &gone)?;
    Ok(Factor {
        value,
        letters: factor.letters.into_iter().filter(|letter| needed(letter)).collect(),
    })
}

/// Puts the axes in this order.
fn arranged(
    part: &mut Part<'_, '_>,
    factor: Factor,
    wanted: &[char],
) -> Result<String, ModelError> {
    let place = |letter: &char| factor.letters.iter().position(|other| other == letter);
    let order: Option<Vec<usize>> = wanted.iter().map(place).collect();
    let order = order.ok_or_else(|| part.bad("its result names an axis that no input has"))?;
    if order.iter().copied().eq(0..order.len()) {
        return Ok(factor.value);
    }
    part.transpose(&factor.value, &order)
}

/// The product of two, summed over what only they have.
fn multiply(
    part: &mut Part<'_, '_>,
    a: Factor,
    b: Factor,
    needed: &dyn Fn(&char) -> bool,
) -> Result<Factor, ModelError> {
    let (in_a, in_b) = (a.letters.clone(), b.letters.clone());
    let a = summed(part, a, &|letter| needed(letter) || in_b.contains(letter))?;
    let b = summed(part, b, &|letter| needed(letter) || in_a.contains(letter))?;
    let pick = |from: &[char], keep: &dyn Fn(&char) -> bool| -> Vec<char> {
        from.iter().copied().filter(|letter| keep(letter)).collect()
    };
    let both = pick(&a.letters, &|l| b.letters.contains(l) && needed(l));
    let over = pick(&a.letters, &|l| b.letters.contains(l) && !needed(l));
    let rows = pick(&a.letters, &|l| !b.letters.contains(l));
    let columns = pick(&b.letters, &|l| !a.letters.contains(l));
    let lengths = |part: &Part<'_, '_>, factor: &Factor, letters: &[char]| {
        let dims = part.dims(&factor.value)?;
        let length = |letter: &char| {
            let place = factor.letters.iter().position(|other| other == letter);
            place.and_then(|place| dims.get(place).copied()).unwrap_or(1)
        };
        Ok::<Vec<usize>, ModelError>(letters.iter().map(length).collect())
    };
    let batch = lengths(part, &a, &both)?;
    let depth = lengths(part, &a, &over)?;
    if batch != lengths(part, &b, &both)? || depth != lengths(part, &b, &over)? {
        return Err(part.unsupported("an axis has two lengths; only equal ones are supported"));
    }
    let (high, wide) = (lengths(part, &a, &rows)?, lengths(part, &b, &columns)?);
    let size = |lengths: &[usize]| lengths.iter().product::<usize>();
    let join = |parts: [&[char]; 3]| -> Vec<char> { parts.concat() };
    let left = arranged(part, a, &join([&both, &rows, &over]))?;
    let left = part.reshape(&left, &[size(&batch), size(&high), size(&depth)])?;
    let right = arranged(part, b, &join([&both, &over, &columns]))?;
    let right = part.reshape(&right, &[size(&batch), size(&depth), size(&wide)])?;
    let product = part.add(Op::MatMul, &[&left, &right])?;
    let value = part.reshape(&product, &[batch, high, wide].concat())?;
    Ok(Factor { value, letters: join([&both, &rows, &columns]) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_name_each_axis_once() {
        assert_eq!(letters("bij", 3), Some((vec!['b', 'i', 'j'], 0)));
        assert_eq!(letters("...ij", 4), Some((vec!['1', '0', 'i', 'j'], 2)));
        assert_eq!(letters("ii", 2), None);
        assert_eq!(letters("ij", 3), None);
        assert_eq!(letters("i-", 2), None);
    }

    #[test]
    fn a_result_that_is_not_written_has_the_letters_that_are_there_once() {
        assert_eq!(implied("ij,jk"), "ik");
        assert_eq!(implied("...b,...a"), "...ab");
    }
}
