#!/usr/bin/env bash
# A Debian package: tools/deb.sh amd64|arm64|armhf [PROGRAM [VERSION]]
#
# PROGRAM is packed in place of the one that tools/cross.sh builds, which takes long: the whole one, and for armhf,
# machines of 32 bits, the one of the small boards of boards/. VERSION is another than that of Cargo.toml. With FAST=1
# it is packed in less time, and larger. What is in the package stands in Cargo.toml under [package.metadata.deb].
# cargo-deb comes from crates.io into target/package/tools, unless it is installed. The last line of the output is the
# file and its bytes.
set -euo pipefail
# From wherever this is called.
[ $# -lt 2 ] || set -- "$1" "$(realpath "$2")" "${@:3}"
cd "$(dirname "$0")/.."
cargo_deb=3.8.0

fail() { echo "deb: $*" >&2 && exit 2; }
usage="usage: tools/deb.sh amd64|arm64|armhf [PROGRAM [VERSION]]"
if [ $# -lt 1 ] || [ $# -gt 3 ]; then fail "$usage"; fi
features=(--features packaging)
choice=whole
case $1 in
amd64) target=x86_64-unknown-linux-musl machine=3e00 ;;
arm64) target=aarch64-unknown-linux-musl machine=b700 ;;
armhf)
    target=armv7-unknown-linux-musleabihf machine=2800
    choice=cli,board,modbus,sensor,vibration
    features=(--no-default-features --features "$choice,packaging")
    ;;
*) fail "$1: no such architecture; $usage" ;;
esac

# Cargo.toml names what is in here.
folder=target/package
mkdir -p "$folder"
if [ $# -ge 2 ]; then
    program=$2
else
    tools/cross.sh "$target" "$choice" | tee "$folder/built"
    program=$(tail -n 1 "$folder/built" | cut -d ' ' -f 1)
fi
[ -f "$program" ] || fail "$program: no such program"
# Bytes 18 and 19 of an ELF file say for which processor it is.
[ "$(od -An -tx1 -j18 -N2 "$program" | tr -d ' \n')" = "$machine" ] || fail "$program is not for $1"
install -m 755 "$program" "$folder/oddity"

# The manual and the completions: by the program itself, where it was built with `packaging` and can be run, else by one
# with the same commands, which is built for this machine.
rm -rf "$folder/man" "$folder/completions"
emulator=()
case $1/$(dpkg --print-architecture) in
arm64/arm64 | amd64/amd64 | armhf/armhf) ;;
arm64/*) emulator=(qemu-aarch64-static) ;;
armhf/*) emulator=(qemu-arm-static) ;;
esac
"${emulator[@]}" "$folder/oddity" package-files "$folder" 2>/dev/null ||
    cargo run --quiet "${features[@]}" -- package-files "$folder"

if ! command -v cargo-deb >/dev/null; then
    # Unoptimised: it is built faster than it packs.
    [ -x "$folder/tools/bin/cargo-deb" ] ||
        cargo install cargo-deb --version "$cargo_deb" --locked --debug --no-default-features --root "$folder/tools"
    PATH=$PWD/$folder/tools/bin:$PATH
fi
options=()
[ $# -lt 3 ] || options+=(--deb-version "$3")
[ -z "${FAST:-}" ] || options+=(--fast)
file=$(cargo deb --quiet --locked --no-build --no-strip --target "$target" --output "$folder/" "${options[@]}")
echo "$file $(stat -c %s "$file") bytes"
