//! What stands around the rows of a table: comments, lines before the header, and what a serial monitor puts before
//! each line. Lines go in; it comes out what they are. Gives no rows.

mod before;
mod comment;
mod prefix;

pub(super) use before::{Before, Look, OddLine, Verdict};
pub(super) use comment::{is_banner, is_comment, separator, uncommented};
pub(super) use prefix::{Joint, Prefix};
