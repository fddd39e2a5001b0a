#!/usr/bin/env bash
# Makes the demo anew: normal data of a simulated pump, the model that it gives, and a stream with
# faults. Same seeds, same data.
set -euo pipefail
cd "$(dirname "$0")"
oddity() { cargo run -q --manifest-path ../Cargo.toml -- "$@"; }

oddity simulate --rows 7200 --seed 1 --output pump-normal.csv
oddity fit pump-normal.csv -o pump.onnx
oddity simulate --rows 5400 --seed 2 --label --output pump-faults.csv \
    --fault bearing-wear@900+600 \
    --fault blockage@2100+300 \
    --fault stuck-sensor@3000+300:pressure \
    --fault leak@3900+300 \
    --fault dropout@4800+60:flow
