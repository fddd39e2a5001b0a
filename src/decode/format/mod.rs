//! How rows are written: one file a format; lines go in, filled rows come out.

pub(super) mod csv;
pub(super) mod json;
pub(super) mod json_leaves;
mod json_plain;
pub(super) mod jsonl;
mod split;

#[cfg(test)]
mod tests;
