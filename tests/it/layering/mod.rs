//! The rooms of the house: a room may use only those before it in the way of the data, and no
//! files of a crate import from each other in a circle.

mod code;
mod imports;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use imports::Imports;

/// A crate with its rooms from left to right.
struct House {
    /// The file that cargo compiles.
    root: &'static str,
    rooms: &'static [&'static str],
}

const HOUSES: [House; 6] = [
    House {
        root: "crates/core/src/lib.rs",
        rooms: &[
            "math",
            "types",
            "event",
            "profile",
            "running",
            "features",
            "health",
            "ongoing",
            "window",
            "score",
            "smooth",
            "threshold",
            "alert",
            "constant",
            "difference",
            "drift",
            "unprecedented",
            "detector",
        ],
    },
    House {
        root: "crates/kernels/src/lib.rs",
        rooms: &[
            "error",
            "clamp",
            "tier",
            "pieces",
            "aligned",
            "finish",
            "job",
            "arch",
            "dense_f32",
            "dense_int8",
            "multi",
            "math",
            "walk",
            "moves",
            "map",
            "zip",
            "reduce",
            "normalise",
            "pool",
            "blend",
            "matmul",
            "quantise",
            "recurrent",
            "program",
        ],
    },
    House {
        root: "crates/sensors/src/lib.rs",
        rooms: &[
            "error",
            "channel",
            "accel",
            "scale",
            "field",
            "bus",
            "adxl345",
            "lis3dh",
            "mpu6050",
            "bme280",
            "thermometer",
            "ads1115",
            "ina219",
            "table",
            "chip",
            "health",
            "pin",
        ],
    },
    House {
        root: "src/lib.rs",
        rooms: &[
            "blame", "source", "files", "terminal", "chart", "board", "graph", "metrics",
            "simulate", "decode", "features", "sensor", "picture", "model", "detector", "sink",
            "report", "fit", "quantise", "feedback", "args",
        ],
    },
    House { root: "src/main.rs", rooms: &["cli"] },
    House {
        root: "tools/train/src/lib.rs",
        rooms: &[
            "signals",
            "report",
            "net",
            "train",
            "data",
            "plan",
            "progress",
            "lock",
            "checkpoint",
            "run",
        ],
    },
];

fn package() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The houses that stand, with what their files import.
fn houses() -> Vec<(&'static House, Imports)> {
    HOUSES.iter().map(|house| (house, Imports::read(&package().join(house.root)))).collect()
}

/// Every file under the folder that ends in `.rs`.
fn rust_files(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, files);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            files.push(path);
        }
    }
}

fn shown(file: &Path) -> String {
    file.strip_prefix(package()).unwrap().display().to_string()
}

/// The room in which a file of the house is; `None` for the root itself.
fn room(house: &House, file: &Path) -> Option<String> {
    let root = package().join(house.root);
    let inside = file.strip_prefix(root.parent().unwrap()).unwrap();
    let first = inside.iter().next().unwrap().to_str().unwrap().trim_end_matches(".rs");
    (file != root).then(|| first.to_owned())
}

#[test]
fn no_room_uses_one_to_its_right() {
    let (mut wrong, mut seen) = (Vec::new(), 0);
    for (house, imports) in houses() {
        let place = |file: &Path| {
            let room = room(house, file)?;
            let place = house.rooms.iter().position(|known| *known == room);
            Some(place.unwrap_or_else(|| panic!("{}: add {room} to its rooms", house.root)))
        };
        for (from, to) in imports.arrows() {
            seen += 1;
            if let Some(own) = place(from)
                && place(to).is_none_or(|other| other > own)
            {
                wrong.push(format!("{} uses {}", shown(from), shown(to)));
            }
        }
    }
    assert!(wrong.is_empty(), "arrows that run back: {wrong:#?}");
    assert!(seen > 300, "hardly any arrow was found ({seen}): the test looks in the wrong place");
}

#[test]
fn no_files_import_from_each_other_in_a_circle() {
    let mut found = BTreeSet::new();
    let mut ways = String::new();
    for (_, imports) in houses() {
        for circle in imports.circles() {
            let inside = |(from, to): &(&Path, &Path)| {
                circle.iter().any(|file| file == from) && circle.iter().any(|file| file == to)
            };
            for (from, to) in imports.uses().filter(inside) {
                ways += &format!("{} -> {}\n", shown(from), shown(to));
            }
            found.insert(circle.iter().map(|file| shown(file)).collect::<BTreeSet<_>>());
        }
    }
    assert!(found.is_empty(), "circles: {found:#?}\nby these imports:\n{ways}");
}

/// What the tests above do not see they cannot judge.
#[test]
fn every_path_and_every_file_is_understood() {
    let mut read = BTreeSet::new();
    for (_, imports) in houses() {
        assert!(imports.unknown().is_empty(), "paths that lead nowhere: {:#?}", imports.unknown());
        read.extend(imports.files().map(Path::to_path_buf));
    }
    let mut files = Vec::new();
    for folder in ["src", "crates", "tools/train/src"] {
        let folder = package().join(folder);
        if folder.is_dir() {
            rust_files(&folder, &mut files);
        }
    }
    let program = package().join("tools/train/src/main.rs");
    let of_tests = |file: &Path| {
        file.iter().any(|part| part == "tests" || part == "tests.rs" || part == "benches")
    };
    files.retain(|file| !read.contains(file) && !of_tests(file) && *file != program);
    assert!(files.is_empty(), "no module of a house: {files:#?}");
}

#[test]
fn a_circle_is_found_through_names_that_are_passed_on() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    // The parent passes on what the children define, and defines what one of them uses.
    file("lib.rs", "mod a; pub mod c;");
    file("a/mod.rs", "mod x; mod y; pub use x::X; pub use y::Y; pub struct Top; // use y::Z;");
    file("a/x.rs", "use super::{Top, Y}; pub struct X(Y, Top);");
    file("a/y.rs", "pub struct Y; impl Y { fn f() { crate::a::X::g(\"}\") } }");
    file(
        "c.rs",
        "use crate::a::{self, x as _}; fn h<'a>() -> a::Y { '{' }\n#[cfg(test)] mod t { use super::super::a::Top; }",
    );
    let imports = Imports::read(&folder.path().join("lib.rs"));
    let circles = imports.circles();
    assert_eq!(circles, [[folder.path().join("a/x.rs"), folder.path().join("a/y.rs")]]);
    let c = folder.path().join("c.rs");
    let of_c: Vec<&Path> =
        imports.uses().filter(|(from, _)| *from == c).map(|(_, to)| to).collect();
    assert_eq!(of_c, [folder.path().join("a/y.rs")]);
    assert!(imports.unknown().is_empty(), "{:?}", imports.unknown());
    // Once the parent uses what it passes on, it is in the circle too.
    file("a/mod.rs", "mod x; mod y; pub use x::X; pub use y::Y; pub struct Top; fn f(_: X) {}");
    let imports = Imports::read(&folder.path().join("lib.rs"));
    assert_eq!(imports.circles()[0].len(), 3);
}
