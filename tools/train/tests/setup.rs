//! The set-up where something is missing: what `setup.sh` and the check before a build say.

// A test may fail in its helpers too.
#![allow(clippy::unwrap_used, clippy::panic)]
#![cfg(all(target_os = "linux", any(target_arch = "x86_64", target_arch = "aarch64")))]

mod harness;

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::Command;

use harness::{Dir, Run, run};

const HERE: &str = env!("CARGO_MANIFEST_DIR");
const HEADER: &str = "include/torch/csrc/api/include/torch/torch.h";

/// `setup.sh FOLDER` in `dir`, with nothing in `PATH` but `dir/bin`: what every system has.
fn set_up(dir: &Dir, folder: &str) -> Run {
    let bin = dir.file("bin");
    std::fs::create_dir_all(&bin).unwrap();
    let path = std::env::var_os("PATH").unwrap();
    for name in ["bash", "cat", "dirname", "ls", "uname"] {
        let found = std::env::split_paths(&path).map(|folder| folder.join(name));
        if !bin.join(name).exists() {
            symlink(found.into_iter().find(|file| file.exists()).unwrap(), bin.join(name)).unwrap();
        }
    }
    let mut command = Command::new(bin.join("bash"));
    command.arg(Path::new(HERE).join("setup.sh")).arg(folder);
    command.current_dir(dir.path()).env("PATH", &bin);
    run(&mut command, format!("setup.sh {folder}"))
}

/// An executable `dir/bin/NAME`.
fn program(dir: &Dir, name: &str, script: &str) {
    std::fs::create_dir_all(dir.file("bin")).unwrap();
    let file = dir.file("bin").join(name);
    std::fs::write(&file, script).unwrap();
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o755)).unwrap();
}

/// A folder that looks like a libtorch.
fn libtorch(dir: &Dir, version: &str) -> String {
    let folder = dir.file("libtorch");
    std::fs::create_dir_all(folder.join(HEADER).parent().unwrap()).unwrap();
    std::fs::create_dir_all(folder.join("lib")).unwrap();
    std::fs::write(folder.join(HEADER), "").unwrap();
    std::fs::write(folder.join("lib/libtorch_cpu.so"), "").unwrap();
    std::fs::write(folder.join("build-version"), version).unwrap();
    folder.to_str().unwrap().to_owned()
}

/// `check-libtorch.sh` before a compiler that only says that it ran.
fn check(dir: &Dir, variables: &[(&str, &str)]) -> Run {
    let mut command = Command::new(Path::new(HERE).join("check-libtorch.sh"));
    command.args(["echo", "compiled"]).current_dir(dir.path());
    for name in ["LIBTORCH", "LIBTORCH_USE_PYTORCH", "LIBTORCH_INCLUDE"] {
        command.env_remove(name);
    }
    command.envs(variables.iter().copied());
    run(&mut command, format!("check-libtorch.sh with {variables:?}"))
}

#[test]
fn each_tool_that_is_missing_is_named_and_nothing_is_left() {
    let dir = Dir::new();
    set_up(&dir, "new").fails(1, &["python3 is missing", "install it"]);
    program(&dir, "python3", "#!/bin/sh\nexit 1\n");
    set_up(&dir, "new").fails(1, &["python3 has no pip", "install it"]);
    program(&dir, "python3", "#!/bin/sh\n");
    set_up(&dir, "new").fails(1, &["no C compiler cc", "install gcc"]);
    assert_eq!(dir.names(), ["bin"]);
}

#[test]
fn what_is_no_libtorch_is_left_alone() {
    let dir = Dir::new();
    std::fs::create_dir(dir.file("mine")).unwrap();
    dir.write("mine/letter", "dear");
    dir.write("mine/build-version", "7");
    for name in ["mine", "mine/", "mine/letter"] {
        set_up(&dir, name).fails(1, &["is there and is no libtorch", "name another folder"]);
    }
    assert_eq!(dir.read("mine/letter"), b"dear");
    assert_eq!(dir.names(), ["bin", "mine"]);
}

#[test]
fn a_libtorch_of_the_right_version_stays() {
    let dir = Dir::new();
    libtorch(&dir, "2.13.0+cu130");
    let run = set_up(&dir, "libtorch").ok();
    assert!(run.stdout.contains("libtorch 2.13.0+cu130 is in"), "{}", run.stdout);
    assert_eq!(dir.names(), ["bin", "libtorch"]);
}

#[test]
fn a_build_without_libtorch_says_what_is_missing_where_and_what_to_do() {
    let dir = Dir::new();
    let ways =
        ["no libtorch in /nowhere", "./setup.sh", "LIBTORCH=FOLDER", "LIBTORCH_USE_PYTORCH=1"];
    let run = check(&dir, &[("LIBTORCH", "/nowhere")]).fails(1, &ways);
    assert_eq!(run.stdout, "");
    let old = libtorch(&dir, "2.12.1+cpu\n");
    check(&dir, &[("LIBTORCH", &old)]).fails(1, &["of version 2.12.1+cpu, not 2.13.0", &old]);
    let good = libtorch(&dir, "2.13.0+cpu\n");
    for variables in [
        [("LIBTORCH", good.as_str()), ("OTHER", "")],
        [("LIBTORCH", "/nowhere"), ("LIBTORCH_USE_PYTORCH", "1")],
    ] {
        assert_eq!(check(&dir, &variables).ok().stdout, "compiled\n");
    }
}

/// cargo asks for its version first, so nothing is built before the check.
#[test]
fn cargo_itself_ends_with_that_message() {
    let dir = Dir::new();
    let mut command = Command::new(env!("CARGO"));
    command.args(["build", "--offline", "--target-dir"]).arg(dir.file("target"));
    command.current_dir(HERE).env("LIBTORCH", "/nowhere").env_remove("RUSTC_WRAPPER");
    let run = run(&mut command, "cargo build without libtorch".into());
    run.fails(101, &["no libtorch in /nowhere", "./setup.sh"]);
}
