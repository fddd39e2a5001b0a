//! For tests: the ONNX files that are at hand, and what holds of the graph of each.

use std::path::{Path, PathBuf};

use super::*;

/// Names and bytes of the project's own models, and of the collection of models where it is there.
pub(crate) fn onnx_files() -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data =
        std::env::var_os("ODDITY_DATA").map_or_else(|| root.join("../shared/data"), PathBuf::from);
    let ours = in_folder(&root.join("models"));
    assert!(!ours.is_empty());
    ours.into_iter().chain(in_folder(&data.join("zoo"))).collect()
}

fn in_folder(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "onnx"))
        .collect();
    paths.sort();
    let read = |path: PathBuf| Some((path.display().to_string(), std::fs::read(path).ok()?));
    paths.into_iter().filter_map(read).collect()
}

/// Values that a node reads or gives, or the graph gives, of which nothing is known.
fn unknown(graph: &Graph) -> Vec<&str> {
    let values = graph.nodes.iter().flat_map(|node| node.inputs.iter().chain(&node.outputs));
    let names = values.flatten().chain(&graph.outputs).map(String::as_str);
    names.filter(|name| graph.dims(name).is_none()).collect()
}

#[test]
fn every_value_has_a_shape_and_an_element_type_before_and_after_rewriting() {
    let mut seen = 0;
    for (path, bytes) in onnx_files() {
        for part in [ModelPart::Whole, ModelPart::Decoder] {
            let Ok(model) = ModelGraph::read(&bytes, part, &ReadOptions::default()) else {
                continue;
            };
            assert_eq!(unknown(&model.graph), Vec::<&str>::new(), "{path}");
            let simplified = model.simplified();
            assert_eq!(unknown(&simplified.graph), Vec::<&str>::new(), "{path}");
            let untyped = simplified.graph.facts.values().filter(|fact| fact.element.is_none());
            assert_eq!(untyped.count(), 0, "{path}");
            seen += 1;
        }
    }
    assert!(seen > 3);
}

#[test]
fn the_outputs_of_a_simplified_graph_are_those_that_are_kept_in_order() {
    for (path, bytes) in onnx_files() {
        let Ok(model) = ModelGraph::read(&bytes, ModelPart::Whole, &ReadOptions::default()) else {
            continue;
        };
        let model = model.simplified();
        let names: Vec<&str> = model.outputs.iter().map(|output| output.name.as_str()).collect();
        assert_eq!(model.graph.outputs, names, "{path}");
        assert_eq!(model.graph.unread_tensor(), None, "{path}");
    }
}

#[test]
fn the_trees_of_an_isolation_forest_become_one_ensemble() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/sklearn/iforest.onnx");
    let bytes = std::fs::read(path).unwrap_or_default();
    let model = ModelGraph::read(&bytes, ModelPart::Whole, &ReadOptions::default()).unwrap();
    let nodes = model.simplified().graph.nodes;
    let mut names: Vec<&str> = nodes.iter().map(|node| node.op.name()).collect();
    names.sort_unstable();
    // What is left behind the sum over all trees.
    assert_eq!(names, ["Add", "Div", "Neg", "Neg", "Pow", "TreeEnsemble"]);
}
