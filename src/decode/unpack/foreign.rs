//! What an input is by its first bytes: text, something that can be made text of, or something else that is named
//! together with what makes CSV of it.

/// Which byte of a unit of UTF-16 comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ByteOrder {
    Little,
    Big,
}

/// What an input is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Plain,
    Gzip,
    Utf16(ByteOrder),
    /// No text: what it is, and what to do.
    Foreign(&'static str, &'static str),
}

/// What can be said of the first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sniffed {
    Kind(Kind),
    /// More bytes are needed.
    Open,
}

/// gzip in gzip.
pub(super) const GZIP_TWICE: (&str, &str) =
    ("packed with gzip twice", "unpack it first: `zcat FILE | oddity ...`");

const OFFICE: &str = "save it as CSV (`libreoffice --headless --convert-to csv FILE`)";
const PARQUET: &str =
    "make CSV of it first: `duckdb -csv -c \"FROM read_parquet('FILE')\" | oddity ...`";
const PAGE: &str =
    "it is likely an error page in place of the data: look at it, and download it again";

/// Signatures with what they say.
const SIGNATURES: [(&[u8], Kind); 24] = [
    (b"\x1f\x8b", Kind::Gzip),
    (
        b"\xff\xfe\0\0",
        Kind::Foreign("UTF-32", "convert it first: `iconv -f UTF-32 -t UTF-8 FILE | oddity ...`"),
    ),
    (
        b"\0\0\xfe\xff",
        Kind::Foreign("UTF-32", "convert it first: `iconv -f UTF-32 -t UTF-8 FILE | oddity ...`"),
    ),
    (b"\xff\xfe", Kind::Utf16(ByteOrder::Little)),
    (b"\xfe\xff", Kind::Utf16(ByteOrder::Big)),
    (
        b"\x28\xb5\x2f\xfd",
        Kind::Foreign("packed with zstd", "unpack it first: `zstdcat FILE | oddity ...`"),
    ),
    (b"\xfd7zXZ\0", Kind::Foreign("packed with xz", "unpack it first: `xzcat FILE | oddity ...`")),
    (
        b"BZh91AY&SY",
        Kind::Foreign("packed with bzip2", "unpack it first: `bzcat FILE | oddity ...`"),
    ),
    (
        b"\x04\x22\x4d\x18",
        Kind::Foreign("packed with lz4", "unpack it first: `lz4cat FILE | oddity ...`"),
    ),
    (
        b"\x1f\x9d",
        Kind::Foreign("packed with compress", "unpack it first: `zcat FILE | oddity ...`"),
    ),
    (
        b"7z\xbc\xaf\x27\x1c",
        Kind::Foreign("a 7z archive", "unpack it first: `7z e -so FILE | oddity ...`"),
    ),
    (b"PAR1", Kind::Foreign("Parquet", PARQUET)),
    (b"ARROW1", Kind::Foreign("Arrow", "make CSV of it first, with `pyarrow.csv.write_csv`")),
    (
        b"SQLite format 3\0",
        Kind::Foreign(
            "a SQLite database",
            "make CSV of a table first: `sqlite3 -header -csv FILE 'SELECT * FROM TABLE' | oddity ...`",
        ),
    ),
    (b"%PDF-", Kind::Foreign("a PDF", "get the data itself, as CSV")),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Kind::Foreign("an old Excel file", OFFICE)),
    (b"\x89HDF\r\n\x1a\n", Kind::Foreign("HDF5", "make CSV of it first, with `pandas.read_hdf`")),
    (
        b"MATLAB 5.0 MAT-file",
        Kind::Foreign("a MATLAB file", "make CSV of it first, with `writetable`"),
    ),
    (b"\x93NUMPY", Kind::Foreign("a NumPy array", "make CSV of it first, with `numpy.savetxt`")),
    (b"TDSm", Kind::Foreign("a LabVIEW TDMS file", "make CSV of it first, with `nptdms`")),
    (b"MDF     ", Kind::Foreign("an MDF recording", "make CSV of it first, with `asammdf`")),
    (
        b"version https://git-lfs.github.com/spec/v1",
        Kind::Foreign(
            "a pointer of Git LFS in place of the data",
            "get the data with `git lfs pull`",
        ),
    ),
    (b"<?xml", Kind::Foreign("XML", "make CSV of it first")),
    (b"\x89PNG\r\n\x1a\n", Kind::Foreign("a picture", "give the numbers behind it, as CSV")),
];

/// As the signatures, in any case.
const PAGES: [&[u8]; 2] = [b"<!doctype html", b"<html"];

/// A zip needs its first name, too: with that it is a spreadsheet or not.
const ZIP: &[u8] = b"PK\x03\x04";
/// Bytes that hold the first name of a spreadsheet.
const ZIP_HEAD: usize = 30 + 20;

/// Names the kind of an input. `all`: no more bytes will come.
pub(super) fn sniff(head: &[u8], all: bool) -> Sniffed {
    let begins = |signature: &[u8]| signature.len() > head.len() && signature.starts_with(head);
    let page = |page: &[u8]| {
        let shorter = page.len().min(head.len());
        head.get(..shorter).zip(page.get(..shorter)).is_some_and(|(a, b)| a.eq_ignore_ascii_case(b))
    };
    let open = SIGNATURES.iter().any(|(signature, _)| begins(signature))
        || PAGES.iter().any(|text| text.len() > head.len() && page(text))
        || begins(ZIP)
        || (head.starts_with(ZIP) && head.len() < ZIP_HEAD)
        || (head.len() < 4 && wide(head).is_some())
        || is_tar(head).is_none();
    if open && !all {
        return Sniffed::Open;
    }
    if let Some((_, kind)) = SIGNATURES.iter().find(|(signature, _)| head.starts_with(signature)) {
        return Sniffed::Kind(*kind);
    }
    Sniffed::Kind(if PAGES.iter().any(|text| text.len() <= head.len() && page(text)) {
        Kind::Foreign("a web page", PAGE)
    } else if head.starts_with(ZIP) {
        zip(head)
    } else if let (Some(order), true) = (wide(head), head.len() >= 4) {
        Kind::Utf16(order)
    } else if is_tar(head) == Some(true) {
        Kind::Foreign("a tar archive", "unpack it first: `tar -xOf FILE | oddity ...`")
    } else {
        Kind::Plain
    })
}

fn zip(head: &[u8]) -> Kind {
    let name = head.get(30..).unwrap_or_default();
    let office = [&b"[Content_Types]"[..], b"_rels/", b"xl/", b"docProps/", b"mimetype"];
    if office.iter().any(|part| name.starts_with(part)) {
        return Kind::Foreign("a spreadsheet (xlsx or ods)", OFFICE);
    }
    Kind::Foreign("a zip archive", "unpack it first: `unzip -p FILE | oddity ...`")
}

/// UTF-16 without a byte order mark, by its first two characters, as far as they are there.
fn wide(head: &[u8]) -> Option<ByteOrder> {
    let text = |byte: &u8| matches!(byte, b' '..=b'~' | b'\t' | b'\r' | b'\n');
    let fits = |first: usize| {
        head.iter().take(4).enumerate().all(|(at, byte)| match at % 2 == first {
            true => text(byte),
            false => *byte == 0,
        })
    };
    match (fits(0), fits(1)) {
        (true, _) => Some(ByteOrder::Little),
        (false, true) => Some(ByteOrder::Big),
        (false, false) => None,
    }
}

/// Whether it is a tar archive; `None` where more bytes are needed. That begins with the name of a file in a field of
/// 100 bytes that zeros fill up: the first blank or end of a line says that it is none.
fn is_tar(head: &[u8]) -> Option<bool> {
    const NAME: usize = 100;
    const MAGIC: std::ops::Range<usize> = 257..262;
    let field = head.get(..NAME).unwrap_or(head);
    let name = field.iter().position(|&byte| byte == 0).unwrap_or(NAME);
    let named = field.iter().take(name).all(|byte| byte.is_ascii_graphic());
    let filled = field.iter().skip(name).all(|&byte| byte == 0);
    if name == 0 || !named || !filled || (name == NAME && head.len() >= NAME) {
        return Some(false);
    }
    head.get(MAGIC).map(|magic| magic == b"ustar")
}
