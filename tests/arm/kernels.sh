#!/usr/bin/env bash
# The tests of crates/kernels on emulated ARM processors: one with all instructions of 64 bits, whose tests use every set
# that it has, and one with the fewest; and 32 bits, where the kernels are plain Rust. QEMU's user mode runs them.
#
#     tests/arm/kernels.sh [aarch64] [armv7]
set -euo pipefail
cd "$(dirname "$0")/../.."
. tools/cross-tools.sh
. tests/arm/qemu.sh
[ $# -gt 0 ] || set -- aarch64 armv7

test_on() { # MACHINE
    processors_of "$1"
    cross_tools "$target" kernels
    variable=$(tr a-z- A-Z_ <<<"$target")
    for processor in "${processors[@]}"; do
        [ "$processor" != cortex-a76 ] || continue
        echo "crates/kernels on $1, -cpu $processor"
        export "CARGO_TARGET_${variable}_RUNNER=$qemu -cpu $processor"
        cargo-zigbuild test --quiet --locked --profile emulated --target "$target" "${std[@]}" \
            -p oddity-kernels --features std --lib --tests
    done
}

# Each in a shell of its own: what one needs of the environment is not for the next.
for machine in "$@"; do
    (test_on "$machine")
done
