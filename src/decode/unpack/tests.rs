//! The unpacker as a whole: which text comes out for given bytes.

use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

use super::*;

fn unpack(bytes: &[u8], size: usize) -> Result<(Vec<u8>, Option<String>), DecodeError> {
    let mut unpacker = Unpacker::default();
    let mut text = Vec::new();
    let mut each = |bytes: &[u8]| {
        text.extend_from_slice(bytes);
        Ok::<(), DecodeError>(())
    };
    for chunk in bytes.chunks(size.max(1)) {
        unpacker.push(chunk, &mut each)?;
    }
    unpacker.finish(&mut each)?;
    Ok((text, unpacker.damage().map(str::to_owned)))
}

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(text).unwrap();
    encoder.finish().unwrap()
}

fn utf16(text: &str, big: bool) -> Vec<u8> {
    text.encode_utf16()
        .flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() })
        .collect()
}

#[test]
fn plain_bytes_pass_at_once() {
    let mut unpacker = Unpacker::default();
    let mut count = 0;
    let mut each = |bytes: &[u8]| {
        count += bytes.len();
        Ok::<(), DecodeError>(())
    };
    unpacker.push(b"1,", &mut each).unwrap();
    unpacker.push(b"2\n", &mut each).unwrap();
    assert!(unpacker.is_plain());
    assert_eq!(count, 4);
}

#[test]
fn gzip_of_several_members() {
    let bytes = [gzip(b"a,b\n1,"), gzip(b""), gzip(b"2\n")].concat();
    for size in [1, 7, 1000] {
        assert_eq!(unpack(&bytes, size), Ok((b"a,b\n1,2\n".to_vec(), None)));
    }
}

#[test]
fn torn_gzip_gives_what_came_before() {
    let text: Vec<u8> =
        (0..20_000).flat_map(|row| format!("{row},{}\n", row * 37 % 101).into_bytes()).collect();
    let packed = gzip(&text);
    for cut in [packed.len() - 1, packed.len() - 9, packed.len() / 2, 11] {
        let (got, damage) = unpack(&packed[..cut], 4096).unwrap();
        assert!(text.starts_with(&got), "{cut}");
        assert_eq!(damage.as_deref(), Some("the gzip data is cut off here"), "{cut}");
        assert_eq!(got.len() == text.len(), cut + 9 >= packed.len());
    }
    let mut broken = packed.clone();
    let crc = broken.len() - 6;
    broken[crc] ^= 1;
    let (got, damage) = unpack(&broken, 4096).unwrap();
    assert_eq!(got, text);
    assert!(damage.unwrap().starts_with("the gzip data is damaged here ("));
}

#[test]
fn what_is_no_text_is_named() {
    let named = |bytes: &[u8]| unpack(bytes, 3).unwrap_err().to_string();
    let mut xlsx = b"PK\x03\x04".to_vec();
    xlsx.resize(30, 0);
    let zip = [&xlsx[..], b"log/2026.csv and what is in it"].concat();
    xlsx.extend_from_slice(b"[Content_Types].xml and more");
    let mut tar = b"a.csv".to_vec();
    tar.resize(257, 0);
    tar.extend_from_slice(b"ustar\0");
    for (bytes, what) in [
        (
            &b"\x28\xb5\x2f\xfd\0\0"[..],
            "packed with zstd: unpack it first: `zstdcat FILE | oddity ...`",
        ),
        (b"\xfd7zXZ\0\0", "packed with xz"),
        (b"BZh91AY&SY\0", "packed with bzip2"),
        (b"PAR1\0", "Parquet"),
        (b"SQLite format 3\0", "sqlite3 -header -csv"),
        (b"%PDF-1.7\n", "a PDF"),
        (b"<!DOCTYPE HTML>\n<html>", "a web page"),
        (b"<HTML>", "a web page"),
        (b"\xff\xfe\0\0a\0\0\0", "UTF-32"),
        (b"version https://git-lfs.github.com/spec/v1\noid", "git lfs pull"),
        (&xlsx, "a spreadsheet"),
        (&zip, "unzip -p FILE"),
        (&tar, "a tar archive"),
        (&gzip(&tar), "a tar archive"),
        (&gzip(&gzip(b"1,2\n")), "packed with gzip twice"),
    ] {
        assert!(named(bytes).contains(what), "{}", named(bytes));
    }
    for text in [
        "BZh9,a\n",
        "PK,a\n",
        "<temp>,a\n",
        "%PDF,a\n",
        "PARa",
        "version 1\n",
        "\0\0\0\0",
        "a\0b\0c,d\n1,2\n",
    ] {
        // A name that holds zeros is what a power cut leaves, not UTF-16.
        let text = text.replace("a\0b\0", "a\0\0b");
        assert_eq!(unpack(text.as_bytes(), 2), Ok((text.clone().into_bytes(), None)));
    }
}

proptest! {
    #[test]
    fn utf16_becomes_utf8(text in "[a-z0-9,]{2}[a-z0-9,\u{e9}\u{1f600}\n]{0,40}", big: bool, mark: bool, size in 1_usize..9) {
        let marked = if mark { format!("\u{feff}{text}") } else { text };
        prop_assert_eq!(unpack(&utf16(&marked, big), size), Ok((marked.into_bytes(), None)));
    }

    #[test]
    fn any_bytes_in_any_chunks(
        bytes in prop_oneof![
            prop::collection::vec(any::<u8>(), 0..300),
            prop::collection::vec(any::<u8>(), 0..300).prop_map(|bytes| gzip(&bytes)),
            prop::collection::vec(any::<u8>(), 0..300).prop_map(|mut bytes| {
                bytes.splice(0..0, [0xff, 0xfe]);
                bytes
            }),
        ],
        size in 1_usize..40,
    ) {
        prop_assert_eq!(unpack(&bytes, size), unpack(&bytes, usize::MAX));
    }

    #[test]
    fn text_is_left_alone(text in "[a-zA-Z0-9,;<%\n]{0,60}", size in 1_usize..9) {
        if let Ok((got, damage)) = unpack(text.as_bytes(), size) {
            prop_assert_eq!((got, damage), (text.into_bytes(), None));
        }
    }
}
