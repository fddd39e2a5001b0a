//! In: simulated rows. Out: CSV with a header, RFC 3339 time in UTC, and labels where asked for.
//! Never opens a file; never buffers, so hand it a buffered writer.

use std::io::{self, Write};

use jiff::Timestamp;

use super::row::{CHANNELS, PlantRow};
use super::sensor;

/// Which columns follow the channels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct LabelColumns {
    /// `label`: 1 in a faulty row, else 0.
    pub label: bool,
    /// `fault`: the fault's name, several joined with `+`; empty in a normal row.
    pub fault: bool,
}

/// Writes the header and every row; gives the number of rows.
///
/// ```text
/// time,vibration_de,vibration_nde,current,pressure,flow,bearing_temp,fluid_temp,speed,label,fault
/// ```
pub fn write_csv(
    rows: impl IntoIterator<Item = PlantRow>,
    out: &mut impl Write,
    columns: LabelColumns,
) -> io::Result<u64> {
    write_header(out, columns)?;
    let mut count = 0;
    for row in rows {
        write_row(&row, out, columns)?;
        count += 1;
    }
    Ok(count)
}

/// Writes the header line.
pub fn write_header(out: &mut impl Write, columns: LabelColumns) -> io::Result<()> {
    out.write_all(b"time")?;
    for (name, _) in CHANNELS {
        write!(out, ",{name}")?;
    }
    if columns.label {
        out.write_all(b",label")?;
    }
    if columns.fault {
        out.write_all(b",fault")?;
    }
    out.write_all(b"\n")
}

/// Writes one row as one line; a missing value is an empty field.
pub fn write_row(row: &PlantRow, out: &mut impl Write, columns: LabelColumns) -> io::Result<()> {
    let time = Timestamp::from_nanosecond(i128::from(row.time_ns)).map_err(io::Error::other)?;
    write!(out, "{time}")?;
    for (i, value) in row.values.iter().enumerate() {
        if value.is_nan() {
            out.write_all(b",")?;
        } else {
            write!(out, ",{value:.*}", sensor::digits(i))?;
        }
    }
    if columns.label {
        write!(out, ",{}", u8::from(row.is_faulty()))?;
    }
    if columns.fault {
        write!(out, ",{}", row.faults)?;
    }
    out.write_all(b"\n")
}
