//! Files that are not ONNX, known by their content.
//!
//! Bytes go in; what they are and the way from there to ONNX comes out in one sentence, or nothing.
//! Only the beginning and the end are looked at; the names of files play no part.

use crate::graph::error::ModelError;

/// How far from either end names are looked for.
const SEEN: usize = 64 << 10;

/// What begins with these bytes, at this place: what it is, and what to do.
const MAGIC: &[(usize, &[u8], &str)] = &[
    (4, b"ORTM", "onnxruntime's own format (.ort), made from an ONNX file: give that file"),
    (
        4,
        b"TFL3",
        "TensorFlow Lite: convert it with `python -m tf2onnx.convert --tflite FILE --output model.onnx`",
    ),
    (
        4,
        b"ET12",
        "an ExecuTorch program (.pte): export the network that it was made from with `torch.onnx.export`",
    ),
    (
        0,
        b"\x89HDF\r\n\x1a\n",
        "HDF5, as Keras writes it (.h5): load it in Keras and call `model.export(\"model.onnx\", format=\"onnx\")`",
    ),
    (0, b"ftrt", "a TensorRT engine, made from an ONNX file for one kind of GPU: give that file"),
    (
        0,
        b"\x93NUMPY",
        "a NumPy array, not a model: give the ONNX file; data for a model go behind it",
    ),
    (
        0,
        b"7767517\n",
        "an ncnn network: give the ONNX file that it was made from, or export it again",
    ),
    (0, b"GGUF", "GGUF, a format for language models: export the network with `torch.onnx.export`"),
    (
        0,
        b"MATLAB ",
        "a MATLAB file: write the network with `exportONNXNetwork(net, \"model.onnx\")`",
    ),
    (
        0,
        b"version https://git-lfs",
        "a Git LFS pointer, not the model itself: fetch it with `git lfs pull`",
    ),
    (0, b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19", TORCH),
    (0, b"\x1f\x8b", "compressed with gzip: unpack it first with `gunzip`"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive: unpack it first"),
];

const TORCH: &str = "PyTorch (.pt, .pth): load it in Python and call `torch.onnx.export(model, window, \
                     \"model.onnx\")` with an example window";
const PICKLE: &str = "a Python pickle (as of joblib or scikit-learn): load it in Python and call \
                      `skl2onnx.to_onnx(model, X)`, or `torch.onnx.export` for a PyTorch network";
const KERAS: &str = "Keras (.keras): load it in Keras and call `model.export(\"model.onnx\", \
                     format=\"onnx\")`";
const TENSORFLOW: &str = "TensorFlow (.pb): convert it with `python -m tf2onnx.convert --saved-model \
                          FOLDER --output model.onnx`, or with `--graphdef FILE`";
const COREML: &str = "Core ML: export the network that it was made from with `torch.onnx.export` or \
                      `tf2onnx`";
const OPENVINO: &str = "OpenVINO (.xml with .bin): give the ONNX file that it was made from, or export \
                        it again";
const SAFETENSORS: &str = "safetensors, which holds weights without the network: load them into it in \
                           Python and call `torch.onnx.export`";

/// Refuses what is no ONNX file and says how to come by one.
///
/// # Errors
/// Names the format, when it is known.
pub fn refuse_foreign(bytes: &[u8]) -> Result<(), ModelError> {
    let known = match bytes {
        [] => Some("empty: was it copied or exported to its end?"),
        _ => foreign(bytes),
    };
    known.map_or(Ok(()), |what| Err(ModelError::NotOnnx(format!("the file is {what}"))))
}

fn foreign(bytes: &[u8]) -> Option<&'static str> {
    let begins = |(at, magic, _): &&(usize, &[u8], &str)| {
        bytes.get(*at..).is_some_and(|rest| rest.starts_with(magic))
    };
    if let Some((.., what)) = MAGIC.iter().find(begins) {
        return Some(what);
    }
    match bytes {
        [b'P', b'K', 3, 4, ..] => Some(archive(bytes)),
        // Protocols 2 to 5.
        [0x80, 2..=5, ..] => Some(PICKLE),
        // zlib, as joblib compresses.
        [0x78, 0x01 | 0x5e | 0x9c | 0xda, ..] if !is_field(bytes) => Some(
            "compressed with zlib, as joblib does: load it in Python and call `skl2onnx.to_onnx`",
        ),
        [0x08, 0x01, 0x12, ..] if holds(bytes, b"serve") => Some(TENSORFLOW),
        [0x0a, ..] if holds(bytes, b"Placeholder") || holds(bytes, b"Const") => Some(TENSORFLOW),
        [0x08, 1..=12, 0x12, rest @ ..] if is_description(rest) => Some(COREML),
        _ => text(bytes).or_else(|| headed(bytes)),
    }
}

/// A zip archive, by the names of the files in it.
fn archive(bytes: &[u8]) -> &'static str {
    let kinds: [(&[u8], &'static str); 6] = [
        (b"data.pkl", TORCH),
        (b"archive_format", TORCH),
        (b".weights.h5", KERAS),
        (b".npy", "NumPy arrays, not a model: give the ONNX file; data for a model go behind it"),
        (b".mlmodel", COREML),
        (b".onnx", "a zip archive with an ONNX file in it: unpack it, and give that file"),
    ];
    let found = kinds.into_iter().find(|(name, _)| holds(bytes, name));
    found.map_or("a zip archive: unpack it, and give the ONNX file", |(_, what)| what)
}

/// What is written to be read.
fn text(bytes: &[u8]) -> Option<&'static str> {
    let start = bytes.trim_ascii_start();
    let begins =
        |word: &[u8]| start.get(..word.len()).is_some_and(|found| found.eq_ignore_ascii_case(word));
    if begins(b"<?xml") || begins(b"<net") {
        return Some(if holds(bytes, b"<net") { OPENVINO } else { "XML, not a model" });
    }
    if begins(b"<!doctype") || begins(b"<html") {
        return Some(
            "a web page, not a model: was the download refused, or is it the page about it?",
        );
    }
    let json =
        start.first() == Some(&b'{') && start.get(1..)?.trim_ascii_start().first() == Some(&b'"');
    if json {
        return Some("JSON, not a model: give the ONNX file");
    }
    let line = bytes.get(..bytes.len().min(512))?;
    let printed = |byte: &u8| byte.is_ascii_graphic() || byte.is_ascii_whitespace();
    (line.contains(&b'\n') && line.iter().all(printed))
        .then_some("text, such as a table, not a model: the model comes first, the data behind it")
}

/// Files that begin with the length of a description in JSON.
fn headed(bytes: &[u8]) -> Option<&'static str> {
    if bytes.get(8..10) == Some(b"{\"") {
        let length = u64::from_le_bytes(bytes.get(..8)?.try_into().ok()?);
        return (length < 100 << 20).then_some(SAFETENSORS);
    }
    // Ultralytics writes one before the engine.
    let length = u32::from_le_bytes(bytes.get(..4)?.try_into().ok()?);
    let behind = bytes.get(4usize.checked_add(usize::try_from(length).ok()?)?..)?;
    let engine = bytes.get(4) == Some(&b'{') && behind.starts_with(b"ftrt");
    engine
        .then_some("a TensorRT engine, made from an ONNX file for one kind of GPU: give that file")
}

/// Whether what begins like zlib is a field of an ONNX file: its number would be 15.
fn is_field(bytes: &[u8]) -> bool {
    super::wire::scan(bytes).is_ok()
}

/// Whether this is the description of a Core ML model, which begins with that of an input: ONNX has the
/// name of a program here, which does not begin with a line's end.
fn is_description(mut rest: &[u8]) -> bool {
    while let [0x80..=0xff, more @ ..] = rest {
        rest = more;
    }
    matches!(rest, [_, 0x0a, _, 0x0a, ..])
}

/// Whether the word is near either end.
fn holds(bytes: &[u8], word: &[u8]) -> bool {
    let (head, tail) = (bytes.len().min(SEEN), bytes.len().saturating_sub(SEEN));
    let ends = [bytes.get(..head), bytes.get(tail..)];
    ends.into_iter().flatten().any(|end| end.windows(word.len()).any(|found| found == word))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(bytes: &[u8]) -> String {
        refuse_foreign(bytes).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn each_format_is_named_with_the_way_to_onnx() {
        let zip = |name: &str| [b"PK\x03\x04\0\0\0\0".as_slice(), name.as_bytes()].concat();
        let engine = [&2u32.to_le_bytes(), b"{}ftrt\0\0".as_slice()].concat();
        let tensors = [&2u64.to_le_bytes(), b"{\"a\"}".as_slice()].concat();
        let cases: [(Vec<u8>, &str); 21] = [
            (b"\x18\0\0\0ORTM".to_vec(), ".ort"),
            (b"\x1c\0\0\0TFL3".to_vec(), "--tflite"),
            (b"\x89HDF\r\n\x1a\nxx".to_vec(), "Keras"),
            (zip("archive/data.pkl"), "torch.onnx.export"),
            (zip("model.weights.h5"), "Keras"),
            (zip("x.npy"), "NumPy"),
            (zip("readme"), "zip archive"),
            (b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.".to_vec(), "PyTorch"),
            (b"\x80\x04\x95\x10".to_vec(), "skl2onnx"),
            (b"\x78\x9c\xff\xff\xff\xff".to_vec(), "joblib"),
            (tensors, "safetensors"),
            (b"ftrt\0\0".to_vec(), "TensorRT"),
            (engine, "TensorRT"),
            (b"\x08\x01\x12\x20..serve..".to_vec(), "TensorFlow"),
            (b"\x0a\x20\x0a\x01x\x12\x0bPlaceholder".to_vec(), "TensorFlow"),
            (b"\x93NUMPY\x01".to_vec(), "NumPy"),
            (b"\x08\x04\x12\x20\x0a\x08\x0a\x05input".to_vec(), "Core ML"),
            (b"7767517\n75 83\n".to_vec(), "ncnn"),
            (b"<?xml version=\"1.0\"?><net name=\"x\">".to_vec(), "OpenVINO"),
            (b"version https://git-lfs.github.com/spec/v1\n".to_vec(), "git lfs pull"),
            (b"\n<!DOCTYPE html>".to_vec(), "web page"),
        ];
        for (bytes, word) in cases {
            let said = said(&bytes);
            assert!(said.starts_with("not an ONNX model: the file is "), "{said}");
            assert!(said.contains(word), "{said} names no {word}");
        }
        assert!(said(b"").contains("empty"));
    }

    #[test]
    fn onnx_files_are_let_through() {
        for (path, bytes) in crate::graph::tests::onnx_files() {
            assert_eq!(refuse_foreign(&bytes), Ok(()), "{path}");
        }
    }
}
