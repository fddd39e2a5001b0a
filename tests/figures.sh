#!/usr/bin/env bash
# Prints the figures of the README from the real data in $ODDITY_DATA (default ../shared/data).
# Each command is shown before its output.
set -euo pipefail
cd "$(dirname "$0")/.."
data=${ODDITY_DATA:-../shared/data}
[ -d "$data" ] || { echo "no data at $data: set ODDITY_DATA" >&2; exit 1; }
cargo build -q
oddity=target/debug/oddity
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
show() { printf '\n$ %s\n' "$*" >&2; "$@"; }

echo "== SKAB: each open file, fitted on its first 400 rows, judged on the rest"
show "$oddity" evaluate --fit-first 400 --labels anomaly \
    "$data"/skab/{valve1,valve2,other}/*.csv

echo; echo "== SKAB with rows of the file's own event among the first 400"
for rows in 12 32; do
    python3 tests/spoil.py "$data/skab" "$rows" "$work/spoilt-$rows"
    for option in "" --leave-out-odd; do
        show "$oddity" evaluate --fit-first 400 --labels anomaly --exclude changepoint $option "$work/spoilt-$rows"/*.csv
    done
done

echo; echo "== Tennessee Eastman: fitted on 500 normal rows, judged on each fault"
show "$oddity" fit "$data/tep/d00_train.csv" -o "$work/tep.onnx"
for file in "$data"/tep/d*_test.csv; do
    show "$oddity" evaluate "$work/tep.onnx" "$file" --labels anomaly
done

echo; echo "== What a user meets, simulated"
show python3 tests/field.py "$oddity"

echo; echo "== Ceiling fan: a capture of 200 rows is a window; fitted on 150 normal captures"
fan=$data/fan/fan_0_low_0_weight.csv
head -n 30001 "$fan" > "$work/fan-train.csv"
{ head -n 1 "$fan"; tail -n +30002 "$fan"; } > "$work/fan-test.csv"
show "$oddity" fit "$work/fan-train.csv" -o "$work/fan.onnx" --key window --window 200 --hop 200
show "$oddity" evaluate "$work/fan.onnx" "$work/fan-test.csv" --by-window \
    --anomalous "$data/fan/fan_0_low_1_weight.csv"

echo; echo "== ECG5000: a beat is a row; fitted on the first half of the normal beats"
ecg=$data/ecg5000/beats.csv
normal=$(awk -F, 'NR > 1 && $2 == 0' "$ecg" | wc -l)
awk -F, -v most=$((normal / 2)) 'NR == 1 || ($2 == 0 && ++n <= most)' "$ecg" > "$work/ecg-train.csv"
awk -F, -v most=$((normal / 2)) 'NR == 1 || $2 != 0 || ++n > most' "$ecg" > "$work/ecg-test.csv"
show "$oddity" fit "$work/ecg-train.csv" -o "$work/ecg.onnx" --exclude class,anomaly
show "$oddity" evaluate "$work/ecg.onnx" "$work/ecg-test.csv" --labels anomaly

echo; echo "== IMS bearing test 2: fitted on the first 200 of 984 rows; the bearing fails at the end"
show "$oddity" fit "$data/ims/ims_test2_meanabs.csv" --rows 200 -o "$work/ims.onnx"
show "$oddity" detect "$work/ims.onnx" "$data/ims/ims_test2_meanabs.csv"
tail -n 1 "$data/ims/ims_test2_meanabs.csv" | sed 's/,.*//; s/^/last row: /'

echo; echo "== Cold room, simulated: fitted on 7 days, 30 days watched, ten seeds: what was never seen before"
show cargo test --test it a_normal_month -- --nocapture

echo; echo "== NAB: each open file, fitted on its probation (15 % of the rows, at most 750)"
show "$oddity" evaluate --fit-first 15%,750 --label-windows "$data/nab/combined_windows.json" \
    "$data"/nab/{art,real}*/*.csv
