//! `tools/flash` on folders that look like the root of a system: what it places, that it can be run again, that it takes
//! back what it placed, and that it does nothing where something is wrong.

use std::fs::{create_dir_all, read_link, set_permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::Command;

use crate::harness::{Dir, Run};

/// Machines of ELF files.
const ARM64: u8 = 0xb7;
const AMD64: u8 = 0x3e;

const PLACED: [&str; 7] = [
    "root/usr/local/bin/oddity",
    "root/usr/local/lib/oddity/watch",
    "root/usr/local/lib/oddity/placed",
    "root/etc/systemd/system/oddity@.service",
    "root/etc/udev/rules.d/60-oddity.rules",
    "root/etc/oddity/pump.onnx",
    "root/etc/oddity/pump.conf",
];
const LINK: &str = "root/etc/systemd/system/multi-user.target.wants/oddity@pump.service";
const ARGS: &str = "pi-4 root --model pump.onnx --program program";

/// The first bytes of a static program for this machine, and some more.
fn program(machine: u8, rest: &str) -> Vec<u8> {
    let mut elf = b"\x7fELF\x02\x01\x01".to_vec();
    elf.resize(16, 0);
    elf.extend([2, 0, machine, 0]);
    elf.extend(rest.bytes());
    elf
}

/// `root`, a system for arm64 without the groups of SPI and GPIO; a model, and a program.
fn card() -> Dir {
    let dir = Dir::new();
    for folder in ["root/etc", "root/usr/bin", "root/usr/lib/systemd"] {
        create_dir_all(dir.file(folder)).unwrap();
    }
    dir.write("root/usr/bin/true", program(ARM64, ""));
    dir.write("root/etc/group", "root:x:0:\ni2c:x:1:\ndialout:x:2:\n");
    dir.write("program", program(ARM64, "one"));
    dir.write("pump.onnx", "a model");
    dir
}

/// `args` are split at blanks.
fn flash(dir: &Dir, args: &str, input: Option<&str>) -> Run {
    flash_cut(dir, args, input, 0).unwrap()
}

/// By a PATH whose `cp`, `mv`, `ln` and `sync` end the whole run, as a power cut does, when they are called for the
/// `cut`th time with something of the card; nothing if that happened. `sync` does no more: it would wait for all that
/// other tests write.
fn flash_cut(dir: &Dir, args: &str, input: Option<&str>, cut: usize) -> Option<Run> {
    create_dir_all(dir.file("cutting")).unwrap();
    let shim = "#!/bin/sh
        case \"$*\" in
        */root/*)
            echo >>\"$CUTTING/calls\"
            [ \"$(wc -l <\"$CUTTING/calls\")\" != \"$CUT\" ] || kill -9 0 ;;
        esac
        [ \"${0##*/}\" != sync ] || exit 0
        PATH=${PATH#*:} exec \"${0##*/}\" \"$@\"\n";
    for tool in ["cp", "mv", "ln", "sync"] {
        let path = format!("cutting/{tool}");
        dir.write(&path, shim);
        set_permissions(dir.file(&path), PermissionsExt::from_mode(0o755)).unwrap();
    }
    dir.write("cutting/calls", "");
    let path = format!("{}:{}", dir.file("cutting").display(), std::env::var("PATH").unwrap());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tools/flash");
    let mut command = Command::new(script);
    command.current_dir(dir.path()).args(args.split(' '));
    command.args(input.into_iter().flat_map(|input| ["--input", input]));
    command.env("LC_ALL", "C").env("TMPDIR", dir.path()).env("PATH", path);
    command.env("CUTTING", dir.file("cutting")).env("CUT", cut.to_string());
    // A group of its own, which `kill 0` means.
    let output = command.process_group(0).output().unwrap();
    (output.status.signal() != Some(9)).then(|| Run {
        command: format!("tools/flash {args}"),
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    })
}

fn exists(dir: &Dir, path: &str) -> bool {
    dir.file(path).symlink_metadata().is_ok()
}

/// All that is in the folder, with what it holds.
fn everything(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => all.extend(everything(&path)),
            false => {
                all.push((path.display().to_string(), std::fs::read(&path).unwrap_or_default()))
            }
        }
    }
    all.sort();
    all
}

#[test]
fn places_all_that_a_watch_needs_and_says_so() {
    let dir = card();
    let run = flash(&dir, ARGS, Some("cat 'a b' | grep x")).ok();
    for path in PLACED {
        assert!(exists(&dir, path), "{path}");
        let name = path.trim_start_matches("root/");
        assert_eq!(run.stdout.contains(name), !name.ends_with("/placed"), "{}", run.stdout);
    }
    assert_eq!(dir.read("root/usr/local/bin/oddity"), dir.read("program"));
    let mode = dir.file("root/usr/local/bin/oddity").metadata().unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o755);
    assert_eq!(
        read_link(dir.file(LINK)).unwrap(),
        Path::new("/etc/systemd/system/oddity@.service")
    );
    let conf = dir.text("root/etc/oddity/pump.conf");
    assert!(conf.contains("\nMODEL=/etc/oddity/pump.onnx\n"), "{conf}");
    assert!(conf.contains("\nINPUT=cat 'a b' | grep x\n"), "{conf}");
    assert!(!conf.contains("demo"), "{conf}");
    // A group that is not there would keep the unit from starting.
    let unit = dir.text("root/etc/systemd/system/oddity@.service");
    assert!(unit.contains("\nSupplementaryGroups=i2c dialout\n"), "{unit}");
    assert!(unit.contains("\nExecStart=/usr/local/lib/oddity/watch %i\n"), "{unit}");
    assert!(run.stdout.contains("no group spi"), "{}", run.stdout);
}

#[test]
fn sensors_take_their_file_along() {
    let dir = card();
    dir.write("sensors.toml", "rate_hz = 1\n");
    flash(&dir, &format!("{ARGS} --sensor sensors.toml"), None).ok();
    assert_eq!(dir.text("root/etc/oddity/pump.toml"), "rate_hz = 1\n");
    let conf = dir.text("root/etc/oddity/pump.conf");
    let input = "\nOPTIONS=--sensor /etc/oddity/pump.toml\n";
    assert!(conf.contains(input), "{conf}");

    let dir = card();
    dir.write("sensors.toml", "rate_hz = 1\n");
    flash(&dir, &format!("{ARGS} --sensor sensors.toml --pin board:relay"), None).ok();
    let conf = dir.text("root/etc/oddity/pump.conf");
    let input = "\nOPTIONS=--sensor /etc/oddity/pump.toml --pin board:relay\n";
    assert!(conf.contains(input), "{conf}");
}

#[test]
fn again_replaces_what_it_placed_and_keeps_what_was_changed() {
    let dir = card();
    flash(&dir, ARGS, Some("a")).ok();
    let first = everything(&dir.file("root"));
    flash(&dir, ARGS, Some("a")).ok();
    assert_eq!(everything(&dir.file("root")), first, "the second time changes nothing");
    dir.write("program", program(ARM64, "two"));
    dir.write("root/etc/oddity/pump.conf", "mine");
    let run = flash(&dir, ARGS, Some("a")).ok();
    assert_eq!(dir.read("root/usr/local/bin/oddity"), dir.read("program"));
    assert_eq!(dir.text("root/etc/oddity/pump.conf"), "mine");
    assert!(run.stdout.contains("kept etc/oddity/pump.conf"), "{}", run.stdout);
}

#[test]
fn remove_takes_back_all_but_what_was_changed() {
    let dir = card();
    let before = everything(&dir.file("root"));
    flash(&dir, ARGS, Some("a")).ok();
    flash(&dir, &format!("{ARGS} --name fan"), Some("b")).ok();
    assert!(exists(&dir, "root/etc/oddity/fan.conf"));
    flash(&dir, "--remove root", None).ok();
    assert_eq!(everything(&dir.file("root")), before);

    flash(&dir, ARGS, Some("a")).ok();
    dir.write("root/etc/oddity/pump.conf", "mine");
    let run = flash(&dir, "--remove root", None).ok();
    assert!(run.stdout.contains("kept       etc/oddity/pump.conf"), "{}", run.stdout);
    assert_eq!(dir.text("root/etc/oddity/pump.conf"), "mine");
    assert!(!exists(&dir, LINK) && !exists(&dir, "root/usr/local/bin/oddity"));
    flash(&dir, "--remove root", None).fails(2, &["nothing in", "was placed by flash"]);
}

/// A copy of what is on the card, beside it, under another name.
fn copy(dir: &Dir, from: &str, to: &str) {
    let _ = std::fs::remove_dir_all(dir.file(to));
    let status = Command::new("cp").arg("-a").args([dir.file(from), dir.file(to)]).status();
    assert!(status.unwrap().success());
}

#[test]
fn cut_off_anywhere_it_is_carried_through_or_taken_back() {
    let new = program(ARM64, "two");
    for old in [None, Some(program(ARM64, "one"))] {
        let dir = card();
        if old.is_some() {
            flash(&dir, ARGS, Some("a")).ok();
        }
        let before = everything(&dir.file("root"));
        copy(&dir, "root", "fresh");
        dir.write("program", &new);
        let mut cut = 1;
        while flash_cut(&dir, ARGS, Some("b"), cut).is_none() {
            // Whole, the old one or the new one, and no watch that starts without it.
            match exists(&dir, "root/usr/local/bin/oddity") {
                true => {
                    let there = dir.read("root/usr/local/bin/oddity");
                    assert!(there == new || Some(&there) == old.as_ref(), "cut {cut}");
                }
                false => assert!(!exists(&dir, LINK), "cut {cut}"),
            }
            if old.is_none() {
                // What was cut off before it has a record has placed nothing.
                if exists(&dir, "root/usr/local/lib/oddity/placed") {
                    flash(&dir, "--remove root", None).ok();
                    assert_eq!(everything(&dir.file("root")), before, "cut {cut}");
                }
            } else {
                flash(&dir, ARGS, Some("b")).ok();
                assert!(PLACED.iter().chain([&LINK]).all(|path| exists(&dir, path)), "cut {cut}");
                assert_eq!(dir.read("root/usr/local/bin/oddity"), new);
                let conf = dir.text("root/etc/oddity/pump.conf");
                assert!(conf.contains("\nINPUT=b\n"), "cut {cut}: {conf}");
                let all = everything(&dir.file("root"));
                assert!(!all.iter().any(|(path, _)| path.contains("flash-new")), "cut {cut}");
            }
            copy(&dir, "fresh", "root");
            cut += 1;
        }
        assert!(cut > 15, "{cut}");
    }
}

#[test]
fn what_is_wrong_is_said_and_nothing_is_done() {
    let dir = card();
    create_dir_all(dir.file("root/etc/oddity")).unwrap();
    let refused = |args: &str, words: &[&str]| {
        let before = everything(&dir.file("root"));
        flash(&dir, args, Some("a")).fails(2, words);
        assert_eq!(everything(&dir.file("root")), before, "{args}");
    };
    refused("pi-9 root --model pump.onnx", &["pi-9: no such board", "pi-4"]);
    refused(
        "pi-4 /nowhere --model pump.onnx --program program",
        &["/nowhere", "is the card mounted?"],
    );
    refused("pi-4 root --program program", &["which model?"]);
    refused("pi-4 root --model no.onnx", &["no.onnx: no such model"]);
    refused(&format!("{ARGS} --config pump.onnx"), &["one of --input", "--sensor", "--config"]);
    refused(&format!("{ARGS} --name ../pump"), &["--name ../pump"]);
    refused(
        "pi-4 root --model pump.onnx --program program --pin board:led --config pump.onnx",
        &["one of --input"],
    );
    refused("pi-4 root --modle x", &["--modle: no such option"]);

    // The model of somebody else.
    dir.write("root/etc/oddity/pump.onnx", "another model");
    refused(ARGS, &["etc/oddity/pump.onnx is there already"]);
    std::fs::remove_file(dir.file("root/etc/oddity/pump.onnx")).unwrap();

    dir.write("program", program(AMD64, ""));
    refused(ARGS, &["the program is for amd64", "for arm64", "wrong board"]);

    let mut dynamic = program(ARM64, "\0/lib/ld-linux-aarch64.so.1\0");
    dir.write("program", &dynamic);
    refused(ARGS, &["wants /lib/ld-linux-aarch64.so.1", "build it for musl"]);
    create_dir_all(dir.file("root/lib/aarch64-linux-gnu")).unwrap();
    dir.write("root/lib/ld-linux-aarch64.so.1", "");
    dir.write(
        "root/lib/aarch64-linux-gnu/libc.so.6",
        "\0GNU C Library (Debian) stable release version 2.36.\0",
    );
    dynamic.write_all(b"GLIBC_2.4\0GLIBC_2.38\0GLIBC_2.9\0").unwrap();
    dir.write("program", &dynamic);
    refused(ARGS, &["wants glibc 2.38, the system has 2.36"]);

    // A file of holes: it takes no space here, and would there.
    dir.write("program", program(ARM64, ""));
    std::fs::File::options()
        .write(true)
        .open(dir.file("program"))
        .unwrap()
        .set_len(1 << 43)
        .unwrap();
    refused(ARGS, &["KiB are free", "are needed: nothing was written"]);
}

#[test]
fn a_folder_that_is_no_system_is_refused() {
    let dir = card();
    std::fs::remove_dir_all(dir.file("root/usr")).unwrap();
    flash(&dir, ARGS, Some("a")).fails(2, &["has no usr", "second partition"]);
    // Of a package.
    let dir = card();
    create_dir_all(dir.file("root/var/lib/dpkg/info")).unwrap();
    dir.write("root/var/lib/dpkg/info/oddity.list", "");
    flash(&dir, ARGS, Some("a")).fails(2, &["the package oddity is installed there"]);
    // Nothing is left of a copy that fails half-way: a folder is where the last file is to go.
    let dir = card();
    create_dir_all(dir.file("root/etc/oddity/.pump.conf.flash-new/conf/x")).unwrap();
    flash(&dir, ARGS, Some("a")).fails(2, &["cannot copy to", "nothing was changed"]);
    for path in PLACED {
        assert!(!exists(&dir, path), "{path}");
    }
    assert!(!exists(&dir, "root/usr/local/bin/.oddity.flash-new"));
}
