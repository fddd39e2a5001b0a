#!/usr/bin/env bash
# The SKAB table of README.md: for each kind and seed a model for each of the 20 open files, trained on
# its first 400 rows with the defaults but for THRESHOLD, judged on the rest. About half an hour on two cores.
# usage: bench/skab.sh [KIND...]; the data is in $ODDITY_DATA (default ../shared/data beside the project).
set -euo pipefail
cd "$(dirname "$0")/.."
data=${ODDITY_DATA:-../../../shared/data}
[ -d "$data/skab" ] || { echo "skab.sh: no SKAB data in $data: set ODDITY_DATA" >&2; exit 1; }
kinds=${*:-dense vae conv1d lstm}
export OMP_WAIT_POLICY=PASSIVE
cargo build --quiet
cargo build --quiet --manifest-path ../../Cargo.toml
train=${CARGO_TARGET_DIR:-target}/debug/oddity-train
oddity=${CARGO_TARGET_DIR:-../../target}/debug/oddity
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
files=("$data"/skab/{valve1,valve2,other}/*.csv)
printf '%-8s %4s  %s\n' kind seed "over all judged rows"
for kind in $kinds; do
    for seed in 0 1 2; do
        models=()
        for file in "${files[@]}"; do
            model=$work/${#models[@]}.onnx
            "$train" "$kind" "$file" -o "$model" --rows 400 --exclude anomaly,changepoint --seed "$seed" \
                --threshold "${THRESHOLD:-quantile:0.99:2}" \
                --report none --checkpoint 0 --quiet
            models+=("$model")
        done
        "$oddity" evaluate --models "$(IFS=,; echo "${models[*]}")" --skip 400 --labels anomaly --json \
            "${files[@]}" | python3 -c '
import json, sys
it = json.load(sys.stdin)["detectors"][0]
print("%-8s %4s  F1 %.3f  FAR %.1f %%  MAR %.1f %%"
      % (*sys.argv[1:], it["f1"], it["far_percent"], it["mar_percent"]))' "$kind" "$seed"
    done
done
