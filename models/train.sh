#!/usr/bin/env bash
# Trains the models of this folder anew with tools/train (its README has the set-up): some minutes on two
# cores. Same seed, same file on one machine.
# usage: models/train.sh [NAME...]     dense, denoising, conv1d, gru, vae, parts; all without names
set -euo pipefail
cd "$(dirname "$0")"
models=$PWD root=$(dirname "$PWD")
export OMP_WAIT_POLICY=PASSIVE
(cd "$root/tools/train" && cargo build --quiet)
trainer=${CARGO_TARGET_DIR:-$root/tools/train/target}/debug/oddity-train
# The command line goes into the model, so paths are short there.
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
ln -s "$models/pump-normal.csv" .
train() { "$trainer" "$@" --seed 1 --report none --quiet; }
[ $# -gt 0 ] || set -- dense denoising conv1d gru vae parts
for name; do
    case $name in
        dense) train dense pump-normal.csv -o pump-dense.onnx --epochs 60 ;;
        denoising) train denoising pump-normal.csv -o pump-denoising.onnx --epochs 60 ;;
        conv1d) train conv1d pump-normal.csv -o pump-conv1d.onnx --epochs 60 --filters 16,8 ;;
        gru) train gru pump-normal.csv -o pump-gru.onnx --epochs 20 --lr 3e-3 ;;
        vae) train vae pump-normal.csv -o pump-vae.onnx --epochs 60 --beta 0.1 ;;
        parts)
            cargo run --quiet --manifest-path "$root/Cargo.toml" -- draw parts -n 600 --seed 1
            train conv2d parts -o parts.onnx --filters 8,16 --latent 32 --epochs 200 --batch 8 \
                --lr 4e-3 --schedule cosine:0.02 --patience 0 --score mahalanobis-window
            ;;
        *) echo "train.sh: there is no model $name" >&2; exit 2 ;;
    esac
    mv ./*.onnx "$models"
done
