#!/usr/bin/env bash
# The program on emulated ARM processors, held against this machine's: what `detect` says of models/pump-faults.csv
# by each model of models/ in f32 (equal but for 1e-5 of a score) and by two in int8 (equal to the byte), which
# instructions `inspect` says are used, and tests of tests/it with the program of ARM in place of this machine's.
#
#     tests/arm/program.sh aarch64|armv7|armv6
#
# 64 bits have the whole program, 32 bits the one of the small boards, without tract. Both are built by the profile
# `emulated`, in minutes. Nothing that takes time is measured: an emulator shows what is computed, not how fast.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tools/cross-tools.sh
. tests/arm/qemu.sh
[ $# = 1 ] || fail "usage: tests/arm/program.sh aarch64|armv7|armv6"
processors_of "$1"
case $1 in
# With the command that writes a package's files, for tools/deb.sh.
aarch64) features=default,packaging ;;
*) features=cli,board,modbus,sensor,vibration ;;
esac
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

PROFILE=emulated tools/cross.sh "$target" "$features" | tee "$work/built"
program=$(realpath "$(tail -n 1 "$work/built" | cut -d ' ' -f 1)")
program_here

cp models/pump*.onnx "$work"
# A recurrent network takes longest by far.
[ "$1" = aarch64 ] || rm "$work"/*-gru.onnx
for model in pump pump-dense; do
    "$here" quantize "models/$model.onnx" models/pump-normal.csv --quiet -o "$work/$model-int8.onnx"
done
models=("$work"/*.onnx)
for processor in "${processors[@]}"; do
    arm="$qemu -cpu $processor $program"
    echo "$target, -cpu $processor: $($arm --version)"
    for model in "${models[@]}"; do
        name=$(basename "$model" .onnx)
        "$here" detect "$model" models/pump-faults.csv --quiet --emit all >"$work/here.jsonl"
        $arm detect "$model" models/pump-faults.csv --quiet --emit all >"$work/arm.jsonl"
        case $name in
        *-int8) how=exact ;;
        *) how= ;;
        esac
        printf '%-16s ' "$name"
        python3 tests/arm/same.py "$work/here.jsonl" "$work/arm.jsonl" $how
    done
    instructions=$($arm inspect --quiet "$work/pump-dense-int8.onnx" | sed -n 's/^arithmetic *//p')
    echo "int8: $instructions"
    [[ $instructions == "native: $(int8_of "$processor") x4" ]] || fail "$processor has $(int8_of "$processor")"
    # The other processors have other instructions for int8 alone.
    models=("$work"/pump*-int8.onnx "$work/pump.onnx")
done

# The emulator is slow: what only prepares a test, such as a fit, runs here. The programs of 32 bits have no fit; of the
# tests of `detect`, which take longest, these have every field of every event, and models of a fixed batch are tract's.
export ODDITY="$qemu -cpu ${processors[0]} $program" ODDITY_COMMANDS="detect encode inspect reconstruct record"
case $1 in
aarch64) tests=(detect:: encode:: reconstruct:: sensors::) ;;
*)
    tests=(detect::every_kind_of_event detect::a_score_for_each_window detect::rows_without_time encode:: reconstruct::
        sensors:: --skip reconstruct::a_live_pipe_gets_each_answer)
    ;;
esac
cargo test --quiet --test it -- "${tests[@]}"
