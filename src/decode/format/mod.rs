//! How rows are written: one file a format; lines go in, filled rows come out.

pub(super) mod csv;
pub(super) mod json;
pub(super) mod json_leaves;
mod json_plain;
pub(super) mod jsonl;
pub(super) mod leaves;
pub(super) mod pairs;
mod split;
pub(super) mod topic;

#[cfg(test)]
mod tests;
