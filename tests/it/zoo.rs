//! Every model of the zoo, of the kinds that were met in public, and MLPerf's agree with onnxruntime.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::data;
use oddity::model::{Model, ModelError, Session};
use oddity::types::Reconstruction;

#[test]
#[ignore = "needs ODDITY_DATA"]
fn the_zoo_agrees_with_onnxruntime() {
    let data = data();
    let zoo = data.join("zoo");
    let reference: serde_json::Value =
        serde_json::from_slice(&fs::read(zoo.join("reference.json")).unwrap()).unwrap();
    let mut wrong = Vec::new();
    let mut seen = 0;
    for path in files(&zoo) {
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        let compared = match Model::from_bytes(&fs::read(&path).unwrap()) {
            Ok(model) => compare(&model, &path.with_extension("io"), &reference[&name], &name),
            Err(error) => Err(format!("refused: {error}")),
        };
        let line = compared.unwrap_or_else(|line| {
            wrong.push(format!("{name}: {line}"));
            line
        });
        println!("{name:32} {line}");
        seen += 1;
    }
    assert!(seen > 100, "only {seen} models in {}", zoo.display());
    assert!(wrong.is_empty(), "{} of {seen}:\n{}", wrong.len(), wrong.join("\n"));
}

/// The first values of both answers of the kind `vae_eps` where its noise is zero, by onnxruntime: what
/// the files hold was computed with noise.
const WITHOUT_NOISE: [[f32; 4]; 2] = [
    [-0.002_686_82, 0.413_226_07, 0.429_147_84, -0.162_076_76],
    [0.044_573_02, 0.270_863_3, 0.356_761_34, -0.133_861_44],
];

fn files(zoo: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(zoo)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "onnx"))
        .collect();
    files.sort();
    files
}

/// Runs each window alone, then all twice, and compares with the first output of the file.
fn compare(
    model: &Model,
    io: &Path,
    reference: &serde_json::Value,
    name: &str,
) -> Result<String, String> {
    let (inputs, outputs) = read_io(&fs::read(io).unwrap());
    let ([input, ..], [wanted, ..]) = (inputs.as_slice(), outputs.as_slice()) else {
        return Err(format!(
            "the reference has {} inputs, {} outputs",
            inputs.len(),
            outputs.len()
        ));
    };
    let length = model.window_len();
    let windows = input.len() / length;
    let mut session = model.session().map_err(|e| e.to_string())?;
    let alone: Vec<f32> =
        input.chunks(length).flat_map(|window| values(&mut session, window, 1)).collect();
    for _ in 0..2 {
        let together = values(&mut session, input, windows);
        let same = together.iter().zip(&alone).all(|(a, b)| a.to_bits() == b.to_bits());
        if !same || together.len() != alone.len() {
            return Err("windows run together or again give other bits".into());
        }
    }
    let largest = wanted.iter().fold(0.0f32, |most, x| most.max(x.abs()));
    let error = match inputs.len() {
        1 => largest_difference(&alone, wanted),
        _ => {
            let firsts = alone.chunks(length).map(|answer| &answer[..4]);
            let each = firsts.zip(&WITHOUT_NOISE).map(|(a, b)| largest_difference(a, b));
            each.fold(0.0, f32::max)
        }
    };
    let floor = reference["ort_optimised_vs_unoptimised_max_abs"].as_f64().unwrap_or(0.0) as f32;
    let allowed = allowed(name, largest, floor);
    let line = format!(
        "{:9} x{windows} macs {:7} error {error:.1e} of {largest:.3}, allowed {allowed:.1e}",
        format!("{:?}", model.description().arithmetic),
        model.description().multiply_adds,
    );
    if error <= allowed { Ok(line) } else { Err(line) }
}

/// f32: 1e-5 of the largest output. Quantised: where a rounding falls the other way the answer moves
/// by a step of the quantisation, which is about 1/127 of the largest output; onnxruntime's own
/// spread may be wider. Dynamic quantisation takes its range from the whole batch, and the reference
/// was run with two windows at once, so every layer rounds otherwise: three steps.
fn allowed(name: &str, largest: f32, floor: f32) -> f32 {
    if name.contains("dyn_") {
        floor + 3.0 * largest / 127.0
    } else if ["qdq_", "qop_"].iter().any(|kind| name.contains(kind)) {
        (2.0 * floor).max(largest / 127.0)
    } else {
        1e-5 * largest
    }
}

fn values(session: &mut Session, input: &[f32], windows: usize) -> Vec<f32> {
    let mut out = Reconstruction::default();
    session.run(input, windows, &mut out).unwrap();
    assert!(out.non_finite.is_empty());
    out.values
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).fold(0.0f32, |most, (a, b)| most.max((a - b).abs()))
}

/// Inputs and outputs of the zoo's own format: counts, ranks, dimensions (u32), values (f32).
fn read_io(bytes: &[u8]) -> (Vec<Vec<f32>>, Vec<Vec<f32>>) {
    let mut words = bytes.chunks_exact(4).map(|word| <[u8; 4]>::try_from(word).unwrap());
    let mut group = || -> Vec<Vec<f32>> {
        let count = u32::from_le_bytes(words.next().unwrap());
        (0..count)
            .map(|_| {
                let rank = u32::from_le_bytes(words.next().unwrap());
                let elements: u32 =
                    (0..rank).map(|_| u32::from_le_bytes(words.next().unwrap())).product();
                (0..elements).map(|_| f32::from_le_bytes(words.next().unwrap())).collect()
            })
            .collect()
    };
    let inputs = group();
    (inputs, group())
}

/// The f32 values of a NumPy file (format 1.0, C order).
fn read_npy(path: &Path) -> Vec<f32> {
    let bytes = fs::read(path).unwrap();
    let header = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    assert!(String::from_utf8_lossy(&bytes[10..10 + header]).contains("'<f4'"));
    let data = bytes[10 + header..].chunks_exact(4);
    data.map(|word| f32::from_le_bytes(word.try_into().unwrap())).collect()
}

#[test]
#[ignore = "needs ODDITY_DATA"]
fn mlperf_agrees_with_its_own_outputs_and_is_described() {
    let data = data();
    let folder = data.join("mlperf");
    let model = Model::from_bytes(&fs::read(folder.join("ad01_fp32.onnx")).unwrap()).unwrap();
    let windows = read_npy(&folder.join("windows.npy"));
    let wanted = read_npy(&folder.join("ad01_fp32_out.npy"));
    assert_eq!(model.window_shape(), &[640]);
    let mut session = model.session().unwrap();
    let answers = values(&mut session, &windows, 196);
    let error = largest_difference(&answers, &wanted);
    println!("mlperf ad01_fp32: error {error:.1e}");
    // The reference is tflite's answer; its README gives 0.005 for onnxruntime.
    assert!(error < 0.006, "{error}");
    let alone: Vec<f32> =
        windows.chunks(640).flat_map(|window| values(&mut session, window, 1)).collect();
    assert!(alone.iter().zip(&answers).all(|(a, b)| a.to_bits() == b.to_bits()));
    let description = model.description();
    assert_eq!(description.multiply_adds, 264_192);
    assert_eq!(description.input.shape, ["N", "640"]);
    println!("{}", serde_json::to_string_pretty(description).unwrap());
}

#[test]
#[ignore = "needs ODDITY_DATA"]
fn quantised_mlperf_models_load_or_say_why_not() {
    let data = data();
    let folder = data.join("mlperf");
    let windows = read_npy(&folder.join("windows.npy"));
    let wanted = read_npy(&folder.join("ad01_int8_out.npy"));
    let bytes = fs::read(folder.join("ad01_int8_qdq.onnx")).unwrap();
    let model = Model::from_bytes(&bytes).unwrap();
    let answers = values(&mut model.session().unwrap(), &windows, 196);
    let step = 0.364_498_47;
    let off = answers.iter().zip(&wanted).filter(|(a, b)| (*a - *b).abs() > step / 2.0).count();
    println!("mlperf ad01_int8_qdq: {off} of {} answers off", wanted.len());
    assert!(largest_difference(&answers, &wanted) < 2.01 * step);
    assert!(off * 100 < wanted.len(), "{off} of {} answers are off by a step", wanted.len());

    let other = fs::read(folder.join("kaijiang_v1.3_deep_autoencoder.onnx")).unwrap();
    match Model::from_bytes(&other) {
        Ok(model) => println!("kaijiang: loaded, {:?}", model.window_shape()),
        Err(error) => println!("kaijiang: {error}"),
    }
}

#[test]
#[ignore = "needs ODDITY_DATA"]
fn interleaved_streams_and_threads_do_not_meet() {
    let data = data();
    for name in ["lstm.leg17", "gru.leg17", "conv1d_up.leg17", "dense.leg17.qdq_u8s8"] {
        let bytes = fs::read(data.join("zoo").join(format!("{name}.onnx"))).unwrap();
        let model = Model::from_bytes(&bytes).unwrap();
        let length = model.window_len();
        let stream = |seed: usize| -> Vec<Vec<f32>> {
            (0..6)
                .map(|w| {
                    (0..length).map(|i| ((i * 7 + w * 13 + seed) % 29) as f32 / 15.0).collect()
                })
                .collect()
        };
        let (first, second) = (stream(1), stream(5));
        let mut session = model.session().unwrap();
        let alone: Vec<Vec<f32>> = first.iter().map(|w| values(&mut session, w, 1)).collect();
        let mut mixed = Vec::new();
        for (a, b) in first.iter().zip(&second) {
            values(&mut session, b, 1);
            mixed.push(values(&mut session, a, 1));
        }
        assert_eq!(alone, mixed, "{name}");
        let threads: Vec<_> = (0..2)
            .map(|_| {
                let (model, first) = (model.clone(), first.clone());
                std::thread::spawn(move || -> Result<Vec<Vec<f32>>, ModelError> {
                    let mut session = model.session()?;
                    Ok(first.iter().map(|w| values(&mut session, w, 1)).collect())
                })
            })
            .collect();
        for thread in threads {
            assert_eq!(thread.join().unwrap().unwrap(), alone, "{name}");
        }
    }
}

#[test]
#[ignore = "needs ODDITY_DATA"]
fn answers_that_are_not_finite_are_listed_and_leave_no_trace() {
    let data = data();
    let bytes = fs::read(data.join("zoo/lin.leg17.onnx")).unwrap();
    let model = Model::from_bytes(&bytes).unwrap();
    let mut session = model.session().unwrap();
    let length = model.window_len();
    let mut input = vec![0.5; 3 * length];
    let calm = values(&mut session, &input, 3);
    input[length] = f32::NAN;
    let mut out = Reconstruction::default();
    session.run(&input, 3, &mut out).unwrap();
    assert_eq!(out.non_finite, [1]);
    assert_eq!(out.values[..length], calm[..length]);
    assert_eq!(out.values[2 * length..], calm[2 * length..]);
    let wrong = session.run(&input[1..], 3, &mut out);
    assert!(matches!(wrong, Err(ModelError::Input { windows: 3, .. })));
    input[length] = 0.5;
    assert_eq!(values(&mut session, &input, 3), calm);
}

#[test]
#[ignore = "needs ODDITY_DATA"]
fn operators_of_the_zoo_are_counted() {
    let data = data();
    let bytes = fs::read(data.join("zoo/dense.leg17.onnx")).unwrap();
    let model = Model::from_bytes(&bytes).unwrap();
    let counts: BTreeMap<&str, usize> =
        model.description().operators.iter().map(|o| (o.operator.as_str(), o.count)).collect();
    assert_eq!(counts, BTreeMap::from([("Gemm", 4), ("Relu", 3), ("Sigmoid", 1)]));
    // 784-128-64-128-784 with biases.
    assert_eq!(model.description().multiply_adds, 2 * (784 * 128 + 128 * 64));
    assert_eq!(model.description().parameters, 217_088 + 128 + 64 + 128 + 784);
}
