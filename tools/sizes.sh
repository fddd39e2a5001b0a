#!/usr/bin/env bash
# How large the programs are: a Markdown table on standard output, a line for each target and choice of features, with the
# bytes of the file and of what gzip -9 makes of it. Builds what is not up to date.
#
#     tools/sizes.sh ["TARGET FEATURES" ...]
set -euo pipefail
cd "$(dirname "$0")/.."
[ $# -gt 0 ] || set -- \
    "x86_64-unknown-linux-musl smallest" "x86_64-unknown-linux-musl whole" \
    "aarch64-unknown-linux-musl smallest" "aarch64-unknown-linux-musl whole" \
    "armv7-unknown-linux-musleabihf smallest" "arm-unknown-linux-gnueabihf smallest"

echo "| target | program | bytes | gzip -9 |"
echo "|---|---|---|---|"
for build in "$@"; do
    read -r target features <<<"$build"
    file=$(tools/cross.sh "$target" "$features" | tail -n 1 | cut -d ' ' -f 1)
    echo "| $target | $features | $(stat -c %s "$file") | $(gzip -9 <"$file" | wc -c) |"
done
