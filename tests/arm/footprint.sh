#!/usr/bin/env bash
# What programs take of a board: a Markdown table on standard output, a line for each.
#
#     tests/arm/footprint.sh PROGRAM...
#
# Of each: the bytes of the file; the instructions from its start until the first window of models/pump-faults.csv is
# judged by models/pump.onnx and its score written (QEMU's user mode; a program linked to GNU's libc has the work of the
# dynamic linker in it); the largest resident memory of `oddity detect` over the whole file, in KiB. The memory is what
# Linux says on an emulated machine, which runs 64 and 32 bits; QEMU's user mode would show its own. Programs for
# x86_64 run on this machine. Linux 6.1 counts memory in steps of up to 256 KiB.
#
# Needs `apt-get install qemu-user`, a C compiler and what tests/arm/fetch.sh needs; for programs linked to GNU's libc
# `apt-get install libc6-arm64-cross libc6-armhf-cross`. A program for ARMv6 with GNU's libc runs with the one for ARMv7,
# on an ARMv7: Debian has none for ARMv6.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ $# -ge 1 ] || { echo "usage: tests/arm/footprint.sh PROGRAM..." >&2 && exit 2; }
folder=${CARGO_TARGET_DIR:-target}/pi
tests/arm/fetch.sh "$folder"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc -shared -fPIC -O2 -o "$work/instructions.so" tests/arm/instructions.c
# The first window, of 20 rows, under the header.
head -n 21 models/pump-faults.csv >"$work/first.csv"

machine_of() { # PROGRAM: EM_AARCH64 is 183, EM_ARM 40, EM_X86_64 62
    case $(od -An -j 18 -N 2 -t u2 "$1" | tr -d ' ') in
    183) echo aarch64 ;;
    40) echo arm ;;
    62) echo x86_64 ;;
    *) echo "footprint: $1 is for another processor" >&2 && exit 2 ;;
    esac
}
started() { # PROGRAM
    local qemu=(qemu-x86_64)
    case $(machine_of "$1") in
    aarch64) qemu=(qemu-aarch64 -L /usr/aarch64-linux-gnu -cpu cortex-a53) ;;
    arm) qemu=(qemu-arm -L /usr/arm-linux-gnueabihf -cpu cortex-a7) ;;
    esac
    "${qemu[@]}" -plugin "$work/instructions.so,to=$work/count" "$1" detect models/pump.onnx "$work/first.csv" \
        --quiet --emit all >"$work/said"
    grep -q '"kind":"score"' "$work/said" || { echo "footprint: $1 judges nothing" >&2 && exit 1; }
    cat "$work/count"
}

# The machine's files: programs by their numbers, and GNU's libc for both widths.
files=(model.onnx=models/pump.onnx rows.csv=models/pump-faults.csv)
number=0
emulated=
for program in "$@"; do
    number=$((number + 1))
    [ "$(machine_of "$program")" = x86_64 ] || { files+=("programs/$number=$program") && emulated=yes; }
done
for root in aarch64-linux-gnu arm-linux-gnueabihf; do
    for library in libc.so.6 libm.so.6 libpthread.so.0 libdl.so.2 libgcc_s.so.1; do
        [ ! -e "/usr/$root/lib/$library" ] || files+=("lib/$root/$library=/usr/$root/lib/$library")
    done
done
for linker in /usr/aarch64-linux-gnu/lib/ld-linux-aarch64.so.1 /usr/arm-linux-gnueabihf/lib/ld-linux-armhf.so.3; do
    [ ! -e $linker ] || files+=("lib/$(basename $linker)=$linker")
done
[ -z "$emulated" ] || python3 tests/arm/virt.py "$folder" footprint-init.sh configfs "${files[@]}" >"$work/console" ||
    { cat "$work/console" >&2 && exit 1; }

echo "| program | bytes | instructions until the first score | peak memory, KiB |"
echo "|---|---|---|---|"
number=0
for program in "$@"; do
    number=$((number + 1))
    if [ "$(machine_of "$program")" = x86_64 ]; then
        peak=$(python3 -c 'import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)' \
            "$program" detect models/pump.onnx models/pump-faults.csv --quiet)
    else
        peak=$(sed -n "s/^PEAK $number //p" "$work/console")
    fi
    echo "| $program | $(stat -c %s "$program") | $(started "$program") | $peak |"
done
