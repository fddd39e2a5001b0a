#!/usr/bin/env bash
# The tests of crates/, which know no operating system, on emulated ARM processors. Those of the kernels run on one with all
# instructions of 64 bits, whose tests use every set that it has, on one with the fewest, and with 32 bits, where the
# kernels are plain Rust; those of core and sensors once for each width. QEMU's user mode runs them. With 32 bits
# random cases are 40 of each kind (PROPTEST_CASES): the same plain Rust has them all on this machine.
#
#     tests/arm/crates.sh [aarch64] [armv7] [armv6]
set -euo pipefail
cd "$(dirname "$0")/../.."
. tools/cross-tools.sh
. tests/arm/qemu.sh
[ $# -gt 0 ] || set -- aarch64 armv7

test_on() { # MACHINE
    processors_of "$1"
    cross_tools "$target" crates
    variable=$(tr a-z- A-Z_ <<<"$target")
    [ "$1" = aarch64 ] || export PROPTEST_CASES=${PROPTEST_CASES:-40}
    crates=(-p oddity-kernels -p oddity-core -p oddity-sensors)
    features=oddity-kernels/std,oddity-core/features
    for processor in "${processors[@]}"; do
        [ "$processor" != cortex-a76 ] || continue
        echo "${crates[*]} on $1, -cpu $processor"
        export "CARGO_TARGET_${variable}_RUNNER=$qemu -cpu $processor"
        cargo-zigbuild test --quiet --locked --profile emulated --target "$target" "${std[@]}" \
            "${crates[@]}" --features "$features" --lib --tests
        crates=(-p oddity-kernels)
        features=oddity-kernels/std
    done
}

# Each in a shell of its own: what one needs of the environment is not for the next.
for machine in "$@"; do
    (test_on "$machine")
done
