//! Raw values out of files, and how far two answers lie apart.

use std::path::Path;

/// The f32 values of a file, little-endian, one after the other.
pub fn floats(path: &Path) -> Vec<f32> {
    let bytes = std::fs::read(path).unwrap();
    bytes.chunks_exact(4).map(|word| f32::from_le_bytes(word.try_into().unwrap())).collect()
}

/// Largest difference between values, relative to the largest that is wanted.
pub fn relative_difference(found: &[f32], wanted: &[f32]) -> f32 {
    assert_eq!(found.len(), wanted.len());
    let largest = wanted.iter().fold(f32::MIN_POSITIVE, |most, x| most.max(x.abs()));
    let most = found.iter().zip(wanted).fold(0.0f32, |most, (a, b)| most.max((a - b).abs()));
    most / largest
}
