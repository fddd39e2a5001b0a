//! Drawn parts, and the defects that a model of pictures can be tried with.

use crate::harness::Dir;

fn names(dir: &Dir, folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(dir.file(folder)).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn parts_are_drawn_as_grey_pictures() {
    let dir = Dir::new();
    let run = dir.oddity("draw deep/good -n 12").ok();
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("", ""));
    let names = names(&dir, "deep/good");
    assert_eq!((names.len(), names[0].as_str(), names[11].as_str()), (12, "0001.png", "0012.png"));
    let first = image::open(dir.file("deep/good/0001.png")).unwrap();
    assert_eq!((first.width(), first.height()), (32, 32));
    assert_eq!(first.color(), image::ColorType::L8);
    dir.oddity("draw large -n 1 --size 48").ok();
    assert_eq!(image::open(dir.file("large/0001.png")).unwrap().width(), 48);
}

#[test]
fn the_same_seed_draws_the_same_files() {
    let dir = Dir::new();
    for (folder, options) in
        [("a", "-n 3 --seed 7"), ("b", "-n 5 --seed 7"), ("c", "-n 3 --seed 8"), ("d", "-n 3")]
    {
        dir.oddity(&format!("draw {folder} {options}")).ok();
    }
    let all = |folder: &str| -> Vec<Vec<u8>> {
        (1..=3).map(|number| dir.read(&format!("{folder}/000{number}.png"))).collect()
    };
    let a = all("a");
    assert!(a == all("b") && a != all("c") && a != all("d"));
    assert!(a[0] != a[1] && a[1] != a[2]);
}

#[test]
fn defects_take_turns_and_are_named() {
    let dir = Dir::new();
    dir.oddity("draw good -n 5").ok();
    dir.oddity("draw odd -n 5 --defect scratch --defect undrilled").ok();
    let wanted = ["0001-scratch", "0002-undrilled", "0003-scratch", "0004-undrilled"];
    for (name, wanted) in names(&dir, "odd").iter().zip(wanted) {
        assert_eq!(*name, format!("{wanted}.png"));
        let open = |path: String| image::open(dir.file(&path)).unwrap().to_luma8();
        let (good, odd) =
            (open(format!("good/{}.png", &wanted[..4])), open(format!("odd/{wanted}.png")));
        let most = good.pixels().zip(odd.pixels()).map(|(a, b)| a.0[0].abs_diff(b.0[0])).max();
        assert!(most > Some(25), "{wanted}: {most:?}");
    }
}

#[test]
fn what_cannot_be_drawn_says_why() {
    let dir = Dir::new();
    dir.oddity("draw parts -n 2").ok();
    dir.write("parts/0001.png", "mine");
    dir.oddity("draw parts -n 2").fails(2, &["parts is not empty", "name a new folder"]);
    assert_eq!(dir.text("parts/0001.png"), "mine");
    dir.write("file", "");
    dir.oddity("draw file -n 2").fails(74, &["cannot write file"]);
    dir.oddity("draw file/in -n 2").fails(74, &["cannot write file/in"]);
    dir.oddity("draw new -n 2 --defect dent").fails(2, &["unknown defect `dent`", "undrilled"]);
    dir.oddity("draw new -n 0").fails(2, &["0 is not in"]);
    dir.oddity("draw new").fails(2, &["--count"]);
    dir.oddity("draw new -n 1 --size 4").fails(2, &["8..=1024"]);
    assert!(!dir.file("new").exists());
    let help = dir.oddity("draw --help").ok().stdout;
    assert!(help.contains("scratch, chip, stain, undrilled"), "{help}");
}
