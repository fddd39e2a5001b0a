#!/usr/bin/env bash
# A program for another machine: tools/cross.sh TARGET [FEATURES]
#
# TARGET is a target of rustc, such as aarch64-unknown-linux-musl, or a board of boards/, such as pi-zero-w; dashes may
# be left out. What a board's file says of its target, processor and features is printed first.
# FEATURES are those of Cargo.toml, with commas between; "smallest" is cli alone, "whole" are the default ones.
# Programs without tract are built by the profile `small`, all others by `release`; PROFILE names another one.
#
# zig, as linker and C compiler, and cargo-zigbuild come from PyPI into target/cross; the standard library comes
# from rustup, or is built from its source: by the profile `small`, and where rustup has none for the target. The last
# line of the output is the file and its bytes.
set -euo pipefail
cd "$(dirname "$0")/.."
# What a program linked to GNU's libc asks for at least: Debian 11, Raspberry Pi OS of 2021.
glibc=2.31

. tools/cross-tools.sh
[ $# -ge 1 ] && [ $# -le 2 ] || fail "usage: tools/cross.sh TARGET|BOARD [smallest|whole|FEATURE,...]"

# A board says which target it wants, and how much of the program fits it.
board=
for file in boards/*.toml; do
    name=$(basename "$file" .toml)
    [ "${name//-/}" != "${1//-/}" ] || board=$file
done
said() { sed -n "s/^$1 = \"\(.*\)\"/\1/p" "$board" | head -n 1; }
if [ -n "$board" ]; then
    target=$(said triple)
    features=${2:-$(said features)}
    why=
    [ $# = 2 ] || why=": $(said because)"
    # The processor's is the first name in the file.
    printf '%-11s%s\n' board "$(said title)" target "$target" processor "$(said name)" features "$features$why"
else
    target=$1
    features=${2:-whole}
fi
rustc --print target-list | grep -qx -- "$target" || fail "$1: neither a target of rustc nor a board ($(basename -s .toml boards/*.toml | xargs))"

case $features in
whole) choice=() ;;
smallest) choice=(--no-default-features --features cli) ;;
*) choice=(--no-default-features --features "$features") ;;
esac
case $features in
whole | *tract*) profile=release ;;
*) profile=small ;;
esac
profile=${PROFILE:-$profile}

cross_tools "$target" "$features" "$profile"

# Nobody unwinds in the profile `small`, yet the compiler writes the tables for it unless it is told not to.
[ "$profile" != small ] || export RUSTFLAGS="${RUSTFLAGS:-} -C force-unwind-tables=no"

asked=$target
[[ $target == *-gnu* ]] && asked=$target.$glibc
cargo zigbuild --locked --profile "$profile" --bin oddity --target "$asked" "${choice[@]}" "${std[@]}"
file=$folder/$target/$profile/oddity
echo "$file $(stat -c %s "$file") bytes"
