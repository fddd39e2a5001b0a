//! Model files as other tools write them: data in a second file, functions, large pictures, other
//! formats; and what a model may take.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use prost::Message;
use tract_onnx::pb::{
    FunctionProto, ModelProto, NodeProto, OperatorSetIdProto, StringStringEntryProto,
};

use crate::harness::onnx::Onnx;
use crate::harness::{Dir, data};

/// The model with its stored tensors in the file `location`, and that file.
fn apart(onnx: &[u8], location: &str) -> (Vec<u8>, Vec<u8>) {
    let mut model = ModelProto::decode(onnx).unwrap();
    let mut data = vec![0; 3];
    let graph = model.graph.as_mut().unwrap();
    for tensor in &mut graph.initializer {
        let floats = std::mem::take(&mut tensor.float_data);
        let bytes: Vec<u8> = floats.iter().flat_map(|value| value.to_le_bytes()).collect();
        let entry = |key: &str, value: String| StringStringEntryProto { key: key.into(), value };
        tensor.data_location = Some(1);
        tensor.external_data = vec![
            entry("location", location.into()),
            entry("offset", data.len().to_string()),
            entry("length", bytes.len().to_string()),
        ];
        data.extend(bytes);
    }
    (model.encode_to_vec(), data)
}

/// `model.onnx`, an autoencoder of four features, with its weights in `model.onnx.data`.
fn in_two_files() -> Dir {
    let dir = Dir::new();
    let (model, data) = apart(&Onnx::halves().file("reconstruction latent"), "model.onnx.data");
    dir.write("model.onnx", model);
    dir.write("model.onnx.data", data);
    dir
}

/// What a model makes of raw windows.
fn answers(dir: &Dir, model: &str, windows: &[u8]) -> Vec<f32> {
    let args = format!("reconstruct {model} --format f32");
    let mut command = assert_cmd::Command::from_std(dir.command(&args));
    let output = command.write_stdin(windows).output().unwrap();
    assert!(output.status.success(), "{model}: {}", String::from_utf8_lossy(&output.stderr));
    floats(&output.stdout)
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.chunks_exact(4).map(|word| f32::from_le_bytes(word.try_into().unwrap())).collect()
}

fn bytes(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

#[test]
fn weights_beside_the_model_belong_to_it() {
    let dir = in_two_files();
    assert_eq!(answers(&dir, "model.onnx", &bytes(&[1.0, 2.0, 3.0, 4.0])), [1.0, 2.0, 1.0, 2.0]);
    let id = |dir: &Dir| dir.oddity("inspect model.onnx --json").ok().json()["id"].clone();
    let before = id(&dir);
    let mut data = dir.read("model.onnx.data");
    data[3] ^= 1;
    dir.write("model.onnx.data", data);
    assert_ne!(id(&dir), before);
}

#[test]
fn calibrate_writes_one_file() {
    let dir = in_two_files();
    let rows: String = (0..400)
        .map(|row| {
            format!("{}.{},{},{}.{},{}\n", row % 7, row % 3, row % 11, row % 7, row % 5, row % 11)
        })
        .collect();
    dir.write("normal.csv", format!("a,b,c,d\n{rows}"));
    dir.oddity("calibrate model.onnx normal.csv -o whole.onnx").ok();
    fs::remove_file(dir.file("model.onnx.data")).unwrap();
    dir.oddity("detect whole.onnx normal.csv").ok();
    dir.oddity("inspect model.onnx").fails(2, &["tensor `take`", "no such file", "copy it along"]);
}

#[test]
fn only_files_in_the_models_own_folder_are_read() {
    let dir = in_two_files();
    let whole = Onnx::halves().file("reconstruction latent");
    dir.write("short.data", [0; 10]);
    fs::create_dir(dir.file("folder")).unwrap();
    fs::create_dir(dir.file("inner")).unwrap();
    let outside = dir.file("model.onnx.data");
    std::os::unix::fs::symlink(&outside, dir.file("inner/link")).unwrap();
    std::os::unix::fs::symlink(&outside, dir.file("near")).unwrap();
    let absolute = outside.display().to_string();
    for (location, words) in [
        ("short.data", "too few"),
        ("nowhere.data", "no such file"),
        ("folder", "no file"),
        ("link", "a link to another folder"),
        ("../model.onnx.data", "only files in the model's own folder"),
        (absolute.as_str(), "only files in the model's own folder"),
    ] {
        let place = if location == "link" { "inner/m.onnx" } else { "m.onnx" };
        dir.write(place, apart(&whole, location).0);
        dir.oddity(&format!("inspect {place}")).fails(2, &["tensor `take`", words]);
    }
    // A link that stays.
    dir.write("m.onnx", apart(&whole, "near").0);
    dir.oddity("inspect m.onnx").ok();
    // A cache in which both files are links to where they really lie.
    std::os::unix::fs::symlink(dir.file("model.onnx"), dir.file("inner/model.onnx")).unwrap();
    std::os::unix::fs::symlink(&outside, dir.file("inner/model.onnx.data")).unwrap();
    dir.oddity("inspect inner/model.onnx").ok();
}

#[test]
fn functions_are_what_they_are_made_of() {
    let dir = Dir::new();
    let onnx = Onnx::new("input", None, &[4])
        .floats("half", &[1], &[0.5])
        .node("Halve", "input half", "reconstruction")
        .file("reconstruction");
    let mut model = ModelProto::decode(onnx.as_slice()).unwrap();
    let set = |domain: &str, version| OperatorSetIdProto { domain: domain.into(), version };
    model.opset_import.push(set("local", 1));
    model.graph.as_mut().unwrap().node[0].domain = "local".into();
    model.functions.push(FunctionProto {
        name: Some("Halve".into()),
        domain: Some("local".into()),
        input: vec!["x".into(), "by".into()],
        output: vec!["y".into()],
        node: vec![NodeProto {
            op_type: "Mul".into(),
            input: vec!["x".into(), "by".into()],
            output: vec!["y".into()],
            ..NodeProto::default()
        }],
        opset_import: vec![set("", 17)],
        ..FunctionProto::default()
    });
    dir.write("model.onnx", model.encode_to_vec());
    assert_eq!(answers(&dir, "model.onnx", &bytes(&[1.0, 2.0, 3.0, 4.0])), [0.5, 1.0, 1.5, 2.0]);
}

#[test]
fn what_a_model_may_take_is_an_option() {
    let dir = Dir::new();
    dir.write("model.onnx", Onnx::squares(3, 512, 512).file("reconstruction latent"));
    let memory = ["MiB at once", "the limit is 1 MiB", "--model-memory"];
    dir.oddity("inspect model.onnx --model-memory 1M").fails(2, &memory);
    dir.oddity("inspect model.onnx --model-memory 8M").ok();
    let work = ["million multiply-adds", "the limit is 1 million", "--model-work"];
    dir.oddity("inspect model.onnx --model-work 1M").fails(2, &work);
    dir.oddity("reconstruct model.onnx nothing.png --model-work 1M").fails(2, &work);
    dir.oddity("inspect model.onnx --model-work 30M").ok();
    dir.oddity("inspect model.onnx --model-work lots").fails(2, &["--model-work", "whole number"]);
}

#[test]
fn other_formats_are_named_with_the_way_to_onnx() {
    let dir = Dir::new();
    for (bytes, words) in [
        (b"\x1c\0\0\0TFL3....".as_slice(), ["TensorFlow Lite", "tf2onnx"]),
        (b"PK\x03\x04............archive/data.pkl", ["PyTorch", "torch.onnx.export"]),
        (b"", ["empty", "exported to its end"]),
    ] {
        dir.write("model", bytes);
        dir.oddity("inspect model").fails(2, &words);
    }
}

/// Largest difference to what onnxruntime gives, relative to its largest value.
fn error(name: &str) -> f32 {
    let folder = data().join("wild");
    let read = |ending: &str| fs::read(folder.join(format!("{name}.{ending}"))).unwrap();
    let model = folder.join(format!("{name}.onnx"));
    let (found, wanted) =
        (answers(&Dir::new(), &model.display().to_string(), &read("in")), floats(&read("out")));
    assert_eq!(found.len(), wanted.len(), "{name}");
    let largest = wanted.iter().fold(0.0f32, |most, value| most.max(value.abs()));
    let differences = found.iter().zip(&wanted).map(|(a, b)| (a - b).abs());
    differences.fold(0.0, f32::max) / largest
}

#[test]
#[ignore = "needs ODDITY_DATA"]
fn files_as_exporters_write_them_give_what_onnxruntime_gives() {
    assert!(Path::new(&data()).join("wild").is_dir());
    for name in ["external_data", "lstm_unrolled", "large_picture", "many_macs"] {
        let error = error(name);
        println!("{name}: {error:.1e}");
        assert!(error < 1e-5, "{name}: {error}");
    }
}

#[test]
fn without_a_child_the_program_says_so_and_goes_on() {
    let dir = Dir::fitted();
    let wanted = dir.oddity("detect model.onnx normal.csv");
    let model = dir.read("model.onnx");
    // Once it runs, there is nothing left of the program that could be started again.
    fs::copy(env!("CARGO_BIN_EXE_oddity"), dir.file("program")).unwrap();
    assert!(Command::new("mkfifo").arg(dir.file("pipe.onnx")).status().unwrap().success());
    let mut command = Command::new(dir.file("program"));
    command.current_dir(dir.path()).args(["detect", "pipe.onnx", "normal.csv"]);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut pipe = fs::OpenOptions::new().write(true).open(dir.file("pipe.onnx")).unwrap();
    fs::remove_file(dir.file("program")).unwrap();
    pipe.write_all(&model).unwrap();
    drop(pipe);
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(said.contains("cannot start itself again (No such file"), "{said}");
    assert_eq!(String::from_utf8(output.stdout).unwrap(), wanted.stdout);
    assert_eq!(output.status.code(), wanted.code);
}
