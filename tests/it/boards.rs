//! `oddity board`: files of boards, what is shown of them, and what is found on machines that are folders.

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use oddity::board::{Board, Boards, BusKind, Features};

use crate::harness::{Dir, Run};

/// A folder that looks like a machine.
struct Machine(Dir);

impl Machine {
    fn new(compatible: &[&str], model: &str, cpu: &str) -> Self {
        let machine = Self(Dir::new());
        machine.file("proc/device-tree/compatible", &(compatible.join("\0") + "\0"));
        machine.file("proc/device-tree/model", &format!("{model}\0"));
        machine.file("proc/cpuinfo", &format!("processor\t: 0\nFeatures\t: {cpu}\n"));
        machine
    }

    /// A Raspberry Pi 4 on which all buses are switched on.
    fn pi_4() -> Self {
        let tree = ["raspberrypi,4-model-b", "brcm,bcm2711"];
        let machine =
            Self::new(&tree, "Raspberry Pi 4 Model B Rev 1.4", "fp asimd evtstrm crc32 cpuid");
        for device in
            ["i2c-1", "i2c-20", "spidev0.0", "spidev0.1", "ttyS0", "gpiochip0", "gpiochip1"]
        {
            machine.file(&format!("dev/{device}"), "");
        }
        symlink("ttyS0", machine.0.file("dev/serial0")).unwrap();
        machine.file("sys/class/gpio/gpiochip512/label", "pinctrl-bcm2711\n");
        machine.file("sys/class/gpio/gpiochip512/device/gpiochip0/dev", "254:0\n");
        machine.file("sys/class/leds/ACT/brightness", "0\n");
        machine.file("sys/class/leds/PWR/brightness", "1\n");
        machine
    }

    fn file(&self, name: &str, text: &str) {
        fs::create_dir_all(self.0.file(name).parent().unwrap()).unwrap();
        self.0.write(name, text);
    }

    fn remove(&self, name: &str) {
        fs::remove_file(self.0.file(name)).unwrap();
    }

    fn check(&self, args: &str) -> Run {
        let run = self.0.oddity(&format!("board check --root . {args}"));
        assert_eq!(run.stderr, "", "{args}");
        run
    }

    /// The findings of this name.
    fn finding(&self, args: &str, name: &str) -> serde_json::Value {
        let found = self.check(&format!("{args} --json")).json();
        let findings = found["findings"].as_array().unwrap();
        let finding = findings.iter().find(|finding| finding["name"] == name);
        finding.unwrap_or_else(|| panic!("no {name} in {found:#}")).clone()
    }
}

fn known() -> Boards {
    Boards::known().unwrap()
}

#[test]
fn a_machine_with_all_of_it_is_code_0() {
    let run = Machine::pi_4().check("").ok();
    assert_eq!(
        run.lines(),
        [
            "board           ok       Raspberry Pi 4 Model B (pi-4), by its device tree",
            "processor       ok       neon",
            "I2C1            ok       /dev/i2c-1",
            "SPI0            ok       /dev/spidev0.0, /dev/spidev0.1",
            "mini UART       ok       /dev/serial0",
            "pinctrl-bcm2711 ok       /dev/gpiochip0",
            "LED ACT         ok       /sys/class/leds/ACT",
            "LED PWR         ok       /sys/class/leds/PWR",
        ]
    );
}

#[test]
fn what_is_missing_is_code_1_with_what_to_do() {
    let machine = Machine::pi_4();
    for name in ["dev/i2c-1", "dev/spidev0.0", "dev/spidev0.1", "dev/serial0"] {
        machine.remove(name);
    }
    let run = machine.check("");
    assert_eq!(run.code, Some(1), "{}", run.stdout);
    for words in [
        "I2C1            missing  not switched on\n",
        "put dtparam=i2c_arm=on into /boot/firmware/config.txt",
        "sudo raspi-config nonint do_spi 0",
    ] {
        assert!(run.stdout.contains(words), "no {words:?} in\n{}", run.stdout);
    }
    // Who needs no bus misses none.
    machine.check("--only board,cpu,gpio,led").ok();
    assert_eq!(machine.check("--only uart").code, Some(1));
}

#[test]
fn a_line_that_is_there_wants_a_restart_and_a_controller_its_module() {
    let machine = Machine::pi_4();
    machine.remove("dev/i2c-1");
    // Where an older system has the file.
    machine.file("boot/config.txt", "# buses\n#dtparam=i2c_arm=on\n");
    assert_eq!(machine.finding("", "I2C1")["seen"], "not switched on");
    machine.file("boot/config.txt", "dtparam=audio=on,i2c_arm=on\n");
    let finding = machine.finding("", "I2C1");
    assert_eq!(finding["seen"], "switched on in /boot/config.txt, but not there");
    assert!(finding["todo"][0].as_str().unwrap().starts_with("restart"), "{finding}");
    machine.file("sys/bus/i2c/devices/i2c-1/name", "bcm2835 I2C adapter\n");
    let finding = machine.finding("", "I2C1");
    assert_eq!(finding["todo"][0], "sudo modprobe i2c-dev");
    assert_eq!(finding["state"], "missing");
}

#[test]
fn instructions_that_the_system_hides_are_missing() {
    let tree = ["raspberrypi,5-model-b", "brcm,bcm2712"];
    let machine = Machine::new(&tree, "Raspberry Pi 5 Model B Rev 1.0", "fp asimd asimddp");
    assert_eq!(machine.finding("", "processor")["seen"], "neon, dotprod");
    let machine = Machine::new(&tree, "Raspberry Pi 5 Model B Rev 1.0", "half thumb neon vfpv4");
    let finding = machine.finding("", "processor");
    assert_eq!((&finding["state"], &finding["seen"]), (&"missing".into(), &"no dotprod".into()));
}

#[test]
fn a_chip_is_found_by_its_label_and_else_by_its_numbers() {
    let tree = ["raspberrypi,5-model-b", "brcm,bcm2712"];
    let machine = Machine::new(&tree, "Raspberry Pi 5 Model B Rev 1.0", "fp asimd asimddp");
    assert_eq!(machine.finding("", "pinctrl-rp1")["state"], "missing");
    machine.file("dev/gpiochip4", "");
    let finding = machine.finding("", "pinctrl-rp1");
    assert_eq!(finding["seen"], "/dev/gpiochip4, by its number: labels are not shown here");
    // Other chips have come, and with their labels.
    machine.file("dev/gpiochip0", "");
    machine.file("sys/class/gpio/gpiochip569/label", "gpio-brcmstb@107d508500\n");
    assert_eq!(machine.finding("", "pinctrl-rp1")["state"], "missing");
    machine.file("sys/class/gpio/gpiochip512/label", "pinctrl-rp1\n");
    machine.file("sys/class/gpio/gpiochip512/device/gpiochip4/dev", "254:4\n");
    assert_eq!(machine.finding("", "pinctrl-rp1")["seen"], "/dev/gpiochip4");
}

#[test]
fn a_bus_without_a_number_is_found_by_its_node() {
    let tree = ["xunlong,orangepi-zero3", "allwinner,sun50i-h618"];
    let machine = Machine::new(&tree, "OrangePi Zero3", "fp asimd");
    // Another bus has the usual number.
    machine.file("dev/i2c-3", "");
    machine.file("dev/i2c-2", "");
    machine.file("sys/bus/i2c/devices/i2c-3/name", "DesignWare HDMI\n");
    machine.file("boot/armbianEnv.txt", "verbosity=1\noverlays=uart5\n");
    assert_eq!(machine.finding("", "TWI3")["seen"], "not switched on");
    machine.file("sys/bus/i2c/devices/i2c-2/name", "mv64xxx_i2c adapter\n");
    let node = "../../../firmware/devicetree/base/soc/i2c@5002c00";
    symlink(node, machine.0.file("sys/bus/i2c/devices/i2c-2/of_node")).unwrap();
    assert_eq!(machine.finding("", "TWI3")["seen"], "/dev/i2c-2");
}

#[test]
fn another_board_than_the_one_that_is_named_is_said() {
    let machine = Machine::pi_4();
    let finding = machine.finding("pi-5", "board");
    assert_eq!(finding["state"], "missing");
    assert_eq!(
        finding["seen"],
        "this is no Raspberry Pi 5 (pi-5), but calls itself Raspberry Pi 4 Model B Rev 1.4"
    );
    assert_eq!(finding["todo"][0], "oddity board check pi-4");
}

#[test]
fn what_is_no_board_is_a_gateway_of_this_architecture() {
    let machine = Machine::new(&["acme,box", "fsl,imx8mm"], "ACME Box", "fp asimd");
    machine.file("dev/ttyS0", "");
    let run = machine.check("").ok();
    assert!(run.stdout.contains("this machine calls itself ACME Box\n"), "{}", run.stdout);
    assert!(run.stdout.contains("/dev/ttyS0\n"), "{}", run.stdout);
    // This very machine, whatever it is, can be looked at.
    let run = Dir::new().oddity("board check");
    assert!(matches!(run.code, Some(0 | 1)), "{}", run.stderr);
    assert!(run.stdout.contains("\nprogram "), "{}", run.stdout);
}

#[test]
fn a_name_that_is_none_gives_those_that_are_like_it() {
    let dir = Dir::new();
    for (name, like) in [
        ("pi4", "pi-4"),
        ("rpi-5", "pi-5"),
        ("Pi-Zero-2W", "pi-zero-2-w"),
        ("beaglebone", "beaglebone-black"),
        ("raspberry-pi-4", "pi-4"),
        ("orangepi-zero3", "orange-pi-zero-3"),
        ("x86_64", "generic-x86_64"),
    ] {
        let message = format!("did you mean {like}");
        dir.oddity(&format!("board show {name}")).fails(2, &[name, &message, "oddity board list"]);
    }
    let run = dir.oddity("board check jetson-orin").fails(2, &["no board \"jetson-orin\";"]);
    assert!(!run.stderr.contains("did you mean"), "{}", run.stderr);
    dir.oddity("board check --root nowhere").fails(2, &["nowhere is no folder"]);
    dir.oddity("board check --only can").fails(2, &["'can'", "i2c, spi, uart, gpio, led"]);
}

#[test]
fn boards_of_the_users_own_are_read_from_a_file_or_a_folder() {
    let dir = Dir::new();
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("boards/pi-3.toml");
    let own = fs::read_to_string(own).unwrap().replace("Raspberry Pi 3 Model B, B+, A+", "Mine");
    fs::create_dir(dir.file("mine")).unwrap();
    dir.write("mine/box-1.toml", &own);
    let run = dir.oddity("board show mine/box-1.toml").ok();
    assert!(run.stdout.starts_with("box-1           Mine\n"), "{}", run.stdout);
    let run = dir.oddity("board list --boards mine").ok();
    assert!(run.lines().last().unwrap().starts_with("box-1 "), "{}", run.stdout);
    assert_eq!(
        dir.oddity("board show box-1 --boards mine").ok().lines()[0],
        "box-1           Mine"
    );
    dir.write("mine/pi-4.toml", &own);
    dir.oddity("board list --boards mine")
        .fails(2, &["board pi-4", "mine/pi-4.toml", "another name"]);
    dir.write("odd.toml", own.replace("3 = 2\n", "3 = 99\n"));
    dir.oddity("board show odd.toml").fails(2, &["board odd: pin 3: line bcm2835:99 is outside"]);
    dir.write("odd.toml", own.replace("features = \"whole\"", "features = \"half\""));
    dir.oddity("board show odd.toml").fails(2, &["board odd", "line 4", "half", "smallest"]);
    dir.oddity("board show nowhere.toml").fails(2, &["nowhere.toml", "No such file"]);
    dir.oddity("board list --boards nowhere").fails(2, &["nowhere"]);
}

#[test]
fn small_boards_take_what_reads_their_sensors_and_sets_their_pins() {
    for board in known().iter() {
        let is_small = board.memory_mb.last().is_some_and(|mb| *mb <= 512);
        let expected = match is_small || board.triple.arch() == "arm" {
            true => Features::Sensors,
            false => Features::Whole,
        };
        assert_eq!(board.features, expected, "{}", board.name());
    }
}

#[test]
fn no_two_boards_are_recognised_by_the_same_words() {
    let boards = known();
    let all: Vec<&Board> = boards.iter().collect();
    for (at, board) in all.iter().enumerate() {
        for other in &all[at + 1..] {
            let (a, b) = (&board.detect, &other.detect);
            assert!(
                !a.compatible.iter().any(|entry| b.compatible.contains(entry)),
                "{}",
                other.name()
            );
            for (x, y) in a.model.iter().flat_map(|x| b.model.iter().map(move |y| (x, y))) {
                assert!(!x.starts_with(y.as_str()) && !y.starts_with(x.as_str()), "{x} {y}");
            }
        }
    }
}

/// Every real board names what a page about it needs.
#[test]
fn boards_with_a_header_have_buses_pins_and_suggestions() {
    for board in known().iter().filter(|board| !board.name().starts_with("generic-")) {
        let name = board.name();
        assert!(!board.detect.compatible.is_empty() && !board.detect.model.is_empty(), "{name}");
        assert!(board.pins().len() >= 17 && !board.leds.is_empty(), "{name}");
        let suggest = &board.suggest;
        let all = [&suggest.led, &suggest.buzzer, &suggest.relay];
        assert!(all.iter().all(|pin| pin.is_some()) && !board.notes.is_empty(), "{name}");
        assert!(board.buses.iter().any(|bus| bus.kind == BusKind::I2c && !bus.optional), "{name}");
    }
}

const GENERATED: &str = "<!-- What follows is made from boards/*.toml: ODDITY_BLESS=1 cargo test --test it boards -->\n";

/// The table and the sections of `docs/boards.md`.
fn page(dir: &Dir) -> String {
    let boards = known();
    let mut page = String::from(
        "\n| board | name | build | features | buses on the header |\n|---|---|---|---|---|\n",
    );
    for board in boards.iter() {
        let buses = board.buses.iter().filter(|bus| !bus.pins.is_empty());
        let buses: Vec<&str> = buses.map(|bus| bus.name.as_str()).collect();
        writeln!(
            page,
            "| {} | `{}` | `{}` | {}: {} | {} |",
            board.title,
            board.name(),
            board.triple,
            board.features,
            board.because,
            buses.join(", ")
        )
        .unwrap();
    }
    for board in boards.iter() {
        let shown = dir.oddity(&format!("board show {}", board.name())).ok().stdout;
        write!(
            page,
            "\n## {}\n\n```console\n$ oddity board show {}\n{shown}```\n",
            board.title,
            board.name()
        )
        .unwrap();
    }
    page
}

#[test]
fn the_page_says_what_the_files_say() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/boards.md");
    let text = fs::read_to_string(&path).unwrap();
    let (written, generated) =
        text.split_once(GENERATED).expect("the line before what is generated");
    let page = page(&Dir::new());
    if std::env::var_os("ODDITY_BLESS").is_some() {
        fs::write(&path, format!("{written}{GENERATED}{page}")).unwrap();
        return;
    }
    let lines = page.lines().zip(generated.lines()).enumerate();
    for (number, (expected, found)) in lines {
        assert_eq!(found, expected, "docs/boards.md, generated line {}", number + 1);
    }
    assert_eq!(generated.lines().count(), page.lines().count(), "docs/boards.md: lines");
}
