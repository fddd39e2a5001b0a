# Daily habits. `just` lists them.

default:
    @just --list

# All that has to pass before a change is handed in.
check: fmt clippy doc test deny

fmt:
    cargo fmt --check

clippy:
    cargo clippy --workspace --all-targets -- -D warnings
    cargo clippy --no-default-features --features cli,tract -- -D warnings
    cargo clippy --no-default-features -- -D warnings

doc:
    RUSTDOCFLAGS="-D warnings" cargo doc --no-deps

# With the tests that need the real data (ODDITY_DATA, else ../shared/data).
test:
    cargo test --workspace -- --include-ignored

# Needs cargo-deny: cargo install cargo-deny --locked
deny:
    cargo deny check licenses bans sources

# The program as it is installed on a device.
release:
    cargo build --release

# The smallest program, the native engine alone: target/small/oddity.
small:
    cargo build --profile small --no-default-features --features cli

# A program for another machine, by a target of rustc or a board; FEATURES: smallest, whole, or a list.
cross TARGET *FEATURES:
    tools/cross.sh {{TARGET}} {{FEATURES}}

# The program for a board of boards/, such as pi-4: its target, processor and features, and where the file is.
board NAME *FEATURES:
    tools/cross.sh {{NAME}} {{FEATURES}}

# The crates and the program on emulated ARM processors, and on an emulated Raspberry Pi. The last one needs root.
arm:
    tests/arm/crates.sh aarch64 armv7
    tests/arm/program.sh aarch64
    tests/arm/program.sh armv7
    tests/arm/pi.sh
    tests/arm/gpio-sim.sh
    tests/arm/card.sh
    tests/arm/newcomer.sh

# A Debian package for amd64, arm64 or armhf; PROGRAM in place of one that tools/cross.sh builds.
deb ARCH *PROGRAM:
    tools/deb.sh {{ARCH}} {{PROGRAM}}

# Installs, upgrades, removes and purges the package in a Debian of its own. Needs root and mmdebstrap.
test-deb ARCH="amd64" PROGRAM="target/debug/oddity":
    tools/test-deb.sh {{ARCH}} {{PROGRAM}}

# How large the programs are: the table of docs/figures.md. Takes long: each is built.
sizes:
    tools/sizes.sh

# The documented figures, from the real data in the folder DATA.
figures DATA="../shared/data":
    ODDITY_DATA={{DATA}} tests/figures.sh

# Makes models/ anew: data, model and stream of the simulated pump.
demo:
    models/make.sh
