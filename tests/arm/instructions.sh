#!/usr/bin/env bash
# How many instructions a window takes of a 64-bit ARM processor: a Markdown table on standard output, a line for each
# model and processor. Cortex-A76 (Pi 5) has the dot product of int8, Cortex-A53 (Pi 3) has not.
#
#     tests/arm/instructions.sh PROGRAM MODEL...
#
# PROGRAM is oddity for aarch64, static. Models are .onnx files, which it runs, and .tflite files, which LiteRT runs. A
# figure is the difference between two runs, over some windows of noise and over twice as many, by the window: what runs
# before the first window is not in it. Of oddity it is a call of `Session::run`, with its copies in and out and its look
# for answers that are not finite; of LiteRT a call of `Invoke`, with what Python adds.
#
# Needs `apt-get install qemu-user` and a C compiler. LiteRT, its wheel for ARM, comes from PyPI and a Python for it from
# Debian (mmdebstrap) into target/litert. Nothing of it is installed.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tools/debian.sh
litert=2.3.0
fail() { echo "instructions: $*" >&2 && exit 2; }
[ $# -ge 2 ] || fail "usage: tests/arm/instructions.sh PROGRAM MODEL..."
command -v qemu-aarch64 >/dev/null || fail "qemu-aarch64 is needed: apt-get install qemu-user"
program=$1
shift
windows=1280
folder=${CARGO_TARGET_DIR:-target}/litert
mkdir -p "$folder"
folder=$(realpath "$folder")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cc -shared -fPIC -O2 -o "$work/instructions.so" tests/arm/instructions.c

# LiteRT's wheels with what they import, and the root of a Debian that has a Python, unpacked alone.
litert_here() {
    [ ! -e "$folder/complete" ] || return 0
    command -v mmdebstrap >/dev/null || fail "mmdebstrap is needed: apt-get install mmdebstrap"
    rm -rf "$folder/root" "$folder/python"
    mmdebstrap --quiet --mode=root --variant=extract --arch=arm64 --skip=output/mknod \
        --include=python3.11-minimal,libpython3.11-stdlib,libc6,libstdc++6,libgcc-s1,zlib1g,libexpat1,libffi8 \
        --aptopt='Acquire::Languages "none"' bookworm "$folder/root" "$(debian_mirror)"
    local platforms=()
    for platform in manylinux_2_28 manylinux_2_27 manylinux_2_17 manylinux2014; do
        platforms+=(--platform "${platform}_aarch64")
    done
    python3 -m venv "$work/pip"
    "$work/pip/bin/pip" install --quiet --no-deps --no-compile --only-binary=:all: --target "$folder/python" \
        "${platforms[@]}" --implementation cp --python-version 3.11 \
        "ai-edge-litert==$litert" numpy flatbuffers protobuf ml_dtypes tqdm typing-extensions backports.strenum >&2
    mkdir -p "$folder/root/proc" "$folder/root/sys/devices/system/cpu"
    # It asks the system which processors there are, and would be told of this machine's.
    echo 0 | tee "$folder/root/sys/devices/system/cpu/possible" >"$folder/root/sys/devices/system/cpu/present"
    touch "$folder/complete"
}

cat >"$work/run.py" <<'EOF'
import sys
import numpy as np
from ai_edge_litert.interpreter import Interpreter
model, windows, goes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
interpreter = Interpreter(model_path=model, num_threads=1)
source = interpreter.get_input_details()[0]
shape = [windows, *source["shape"][1:]]
interpreter.resize_tensor_input(source["index"], shape)
interpreter.allocate_tensors()
noise = np.random.default_rng(1).normal(size=shape)
if source["dtype"] == np.int8:
    noise *= 20
interpreter.set_tensor(source["index"], noise.astype(source["dtype"]))
invoke = interpreter._interpreter.Invoke
for _ in range(goes):
    invoke()
EOF

counted() { # MODEL AT_ONCE GOES: instructions of a run.
    local qemu=(qemu-aarch64 -cpu "$processor" -plugin "$work/instructions.so,to=$work/count")
    case $1 in
    *.tflite)
        PYTHONPATH=$folder/python PYTHONHASHSEED=0 "${qemu[@]}" -L "$folder/root" "$folder/root/usr/bin/python3.11" \
            "$work/run.py" "$1" "$2" "$3" >"$work/said" 2>&1 || { cat "$work/said" >&2 && exit 1; }
        ;;
    *) "${qemu[@]}" "$program" bench --child --quiet --at-once "$2" --goes "$3" "$1" >"$work/said" ;;
    esac
    cat "$work/count"
}

echo "| model | by | processor | one at a time | 32 at once |"
echo "|---|---|---|---|---|"
for model in "$@"; do
    by="oddity"
    if [[ $model == *.tflite ]]; then
        litert_here
        by="LiteRT $litert"
    fi
    for processor in cortex-a76 cortex-a53; do
        # The number of the core, by which LiteRT chooses among its kernels; the rest it has from the processor itself.
        part=0xd03
        [ "$processor" != cortex-a76 ] || part=0xd0b
        [ "$by" = oddity ] ||
            printf '%s\n' "processor : 0" "CPU implementer : 0x41" "CPU architecture: 8" "CPU variant : 0x0" \
                "CPU part : $part" "CPU revision : 4" "" >"$folder/root/proc/cpuinfo"
        line="| $(basename "$model") | $by | $processor |"
        for at_once in 1 32; do
            once=$(counted "$model" "$at_once" $((windows / at_once)))
            twice=$(counted "$model" "$at_once" $((2 * windows / at_once)))
            line+=" $(((twice - once) / windows)) |"
        done
        echo "$line"
    done
done
