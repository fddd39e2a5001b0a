#!/usr/bin/env bash
# The program on an emulated Raspberry Pi 3 with chips on I2C: pi.py, and what it needs.
#
#     tests/arm/pi.sh
#
# QEMU and the kernel are fetched into target/pi. Ends with code 69 where Debian's mirror cannot be reached.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=${CARGO_TARGET_DIR:-target}
tests/arm/fetch.sh "$folder/pi"
built=$(PROFILE=emulated tools/cross.sh aarch64-unknown-linux-musl default,packaging | tail -n 1)
python3 tests/arm/pi.py "$folder/pi" "${built% * bytes}"
