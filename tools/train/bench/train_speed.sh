#!/usr/bin/env bash
# Holds the training loop against the same loop in PyTorch: 784-128-64-128-784, AdamW, mean squared
# error, 2 threads of the processor. Prints the median of each and their ratio.
# usage: bench/train_speed.sh PYTHON [ROUNDS [WINDOWS [EPOCHS [BATCH]]]]
# PYTHON is one with torch 2.13.0 (python3 -m venv V; V/bin/pip install torch==2.13.0 numpy). The rounds
# alternate, so that a busy machine hurts both.
set -euo pipefail
python=${1:?which python has torch 2.13.0?}
rounds=${2:-9} windows=${3:-8192} epochs=${4:-5} batch=${5:-128}
cd "$(dirname "$0")/.."
export OMP_WAIT_POLICY=PASSIVE
torch=$("$python" -c 'import os, torch; print(os.path.dirname(torch.__file__))')
cmp -s "$torch/lib/libtorch_cpu.so" "${LIBTORCH:-libtorch}/lib/libtorch_cpu.so" ||
    { echo "train_speed.sh: $python has another libtorch than ${LIBTORCH:-libtorch}" >&2; exit 1; }
cargo build --quiet --example train_speed
ours=() theirs=()
for ((round = 0; round < rounds; round++)); do
    ours+=("$("${CARGO_TARGET_DIR:-target}/debug/examples/train_speed" "$windows" "$epochs" "$batch" 2>/dev/null)")
    theirs+=("$("$python" bench/torch_loop.py "$windows" "$epochs" "$batch" 2>/dev/null)")
done
median() { printf '%s\n' "$@" | sort -g | awk '{ a[NR] = $1 } END { print (a[int((NR + 1) / 2)] + a[int(NR / 2) + 1]) / 2 }'; }
a=$(median "${ours[@]}") b=$(median "${theirs[@]}")
echo "oddity-train $a s, PyTorch $b s, ratio $(awk "BEGIN { print $a / $b }") (median of $rounds rounds)"
