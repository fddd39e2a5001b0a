//! Golden files: `tests/golden/NAME` holds what the program must say. With `ODDITY_BLESS=1` it is
//! written anew instead of compared.
//!
//! Everything is compared exactly but decimal fractions, which may differ by a thousandth:
//! processors multiply matrices in different orders, so that the last digits of a score are the
//! machine's own. For the same reason the model's id, a hash over such digits, has to be replaced
//! before: [`hide`].

use std::fs;
use std::path::Path;

/// Largest difference between two fractions, relative, and absolute for those near zero.
const TOLERANCE: f64 = 1e-3;
const NEAR_ZERO: f64 = 2e-4;

/// `found` is what the golden file holds.
#[track_caller]
pub fn check(name: &str, found: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    if std::env::var_os("ODDITY_BLESS").is_some() {
        fs::write(&path, found).unwrap();
        return;
    }
    let golden = fs::read_to_string(&path).unwrap_or_else(|error| {
        panic!("{}: {error}; ODDITY_BLESS=1 makes it", path.display());
    });
    let (golden, found): (Vec<_>, Vec<_>) = (golden.lines().collect(), found.lines().collect());
    for (number, (golden, found)) in golden.iter().zip(&found).enumerate() {
        let line = number + 1;
        assert!(same(golden, found), "{name}, line {line}:\n golden {golden}\n found  {found}");
    }
    assert_eq!(golden.len(), found.len(), "{name}: lines; found:\n{}", found.join("\n"));
}

/// Puts `name` wherever `text` stands, which must be somewhere.
#[track_caller]
pub fn hide(from: &str, text: &str, name: &str) -> String {
    assert!(!text.is_empty() && from.contains(text), "no {text:?} in {from}");
    from.replace(text, name)
}

fn same(golden: &str, found: &str) -> bool {
    let (golden, found) = (tokens(golden), tokens(found));
    golden.len() == found.len() && golden.iter().zip(&found).all(|(a, b)| a == b || close(a, b))
}

fn close(a: &str, b: &str) -> bool {
    let fraction = |text: &str| text.parse::<f64>().ok().filter(|_| text.contains('.'));
    let (Some(a), Some(b)) = (fraction(a), fraction(b)) else { return false };
    (a - b).abs() <= (TOLERANCE * a.abs().max(b.abs())).max(NEAR_ZERO)
}

/// Runs of characters that numbers are made of, and single other characters.
fn tokens(text: &str) -> Vec<&str> {
    let number = |c: char| c.is_ascii_digit() || matches!(c, '.' | '-' | '+');
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = match number(first) {
            true => rest.find(|c| !number(c)).unwrap_or(rest.len()),
            false => first.len_utf8(),
        };
        let (token, after) = rest.split_at(end);
        tokens.push(token);
        rest = after;
    }
    tokens
}

#[test]
fn only_fractions_may_differ_and_only_a_little() {
    assert!(same("{\"a\":1.0001,\"b\":7}", "{\"a\":1.0002,\"b\":7}"));
    assert!(!same("{\"a\":1.0001,\"b\":7}", "{\"a\":1.0001,\"b\":8}"));
    assert!(!same("1.00", "1.01"));
    assert!(!same("2026-01-01T00:00:01.5Z", "2026-01-01T00:00:02.5Z"));
    assert!(!same("a 1.5", "b 1.5"));
    assert!(!same("1.5", "1.5 2.5"));
}
