#!/usr/bin/env bash
# Holds the program against the tools that write models: onnx's node tests, onnxruntime's quantiser
# and optimiser, converters, skl2onnx, and the Python of docs/models.md; and what it quantises itself against
# onnxruntime. Installs what it needs, pinned,
# into a folder of its own.
#
#     run.sh [--all] [FOLDER]
#
# --all adds PyTorch and Keras: some 6 GB and a quarter of an hour. What FOLDER holds from an earlier
# run is used again; without FOLDER everything goes away at the end. ODDITY names the program, else it
# is target/debug/oddity.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
groups=(plain)
if [ "${1:-}" = --all ]; then
    groups+=(torch keras)
    shift
fi
if [ $# -gt 0 ]; then
    mkdir -p "$1"
    venvs=$(cd "$1" && pwd)
else
    venvs=$(mktemp -d)
    trap 'rm -rf "$venvs"' EXIT
fi
cd "$here"

python_of() { # Installs a group's packages once, and prints its interpreter.
    local venv=$venvs/$1 list=requirements${2:+-$2}.txt
    if ! cmp -s "$list" "$venv/installed.txt"; then
        python3 -m venv "$venv" >&2
        "$venv/bin/pip" install --quiet -r "$list" >&2
        cp "$list" "$venv/installed.txt"
    fi
    printf '%s\n' "$venv/bin/python"
}

export PYTHONDONTWRITEBYTECODE=1
bad=0
for group in "${groups[@]}"; do
    if [ "$group" = plain ]; then
        python=$(python_of plain)
        "$python" node_tests.py || bad=1
        "$python" exporters.py || bad=1
        "$python" quantized.py || bad=1
    else
        python=$(python_of "$group" "$group")
        "$python" exporters.py "$group" || bad=1
    fi
    "$python" snippets.py "$group" || bad=1
done
exit "$bad"
