#!/usr/bin/env bash
# The SKAB table of this README: for each kind and seed a model for each of the 20 open files, trained
# on its first 400 rows, judged on the rest; all of it through the two programs.
# usage: ./skab.sh [KIND...]; the data is in $ODDITY_DATA, models and reports go to $SKAB_OUT.
set -euo pipefail
cd "$(dirname "$0")"
data=${ODDITY_DATA:-../../../shared/data}
out=${SKAB_OUT:-$(mktemp -d)}
kinds=${*:-dense conv1d lstm vae}
seeds=${SEEDS:-0 1 2}
[ -d "$data/skab" ] || { echo "skab.sh: no SKAB data at $data/skab; set ODDITY_DATA" >&2; exit 2; }
export OMP_WAIT_POLICY=PASSIVE
cargo build --quiet --release
cargo build --quiet --manifest-path ../../Cargo.toml
train=${CARGO_TARGET_DIR:-target}/release/oddity-train
oddity=${CARGO_TARGET_DIR:-../../target}/debug/oddity

# One model, trained on the first 400 rows of one file.
one() {
    "$train" "$1" "$3" -o "$4" --rows 400 --seed "$2" --exclude anomaly,changepoint \
        --report none --checkpoint 0 -q $(options "$1")
}

# Chosen with a look at these very files; see README.md.
options() {
    case $1 in
        *) echo "" ;;
    esac
}

printf '%-8s %4s  %s\n' kind seed "F1, FAR and MAR over all rows"
for kind in $kinds; do
    for seed in $seeds; do
        models=() files=()
        for file in "$data"/skab/{valve1,valve2,other}/*.csv; do
            model=$out/$kind-$seed-$(basename "$(dirname "$file")")-$(basename "$file" .csv).onnx
            [ -s "$model" ] || one "$kind" "$seed" "$file" "$model"
            models+=("$model") files+=("$file")
        done
        list=$(IFS=,; echo "${models[*]}")
        result=$("$oddity" evaluate --models "$list" --skip 400 --labels anomaly --json "${files[@]}")
        printf '%-8s %4s  %s\n' "$kind" "$seed" "$(python3 -c 'import json,sys; print(json.load(sys.stdin))' <<<"$result")"
    done
done
