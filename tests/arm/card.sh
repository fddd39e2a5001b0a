#!/usr/bin/env bash
# A Debian for 64-bit ARM on the image of an SD card: flashed by tools/flash, booted on an emulated Raspberry Pi 3, its
# alert read from the journal and its pin from the chip (card.py); and what flash does where something is wrong.
#
#     tests/arm/card.sh
#
# Needs root, loop devices, and what tools/debian.sh and tests/arm/fetch.sh need. Ends with code 69 where Debian's
# mirror cannot be reached.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tools/debian.sh
. tests/arm/card-root.sh
folder=${CARGO_TARGET_DIR:-target}
tests/arm/fetch.sh "$folder/pi"
debian_of arm64
built=$(PROFILE=emulated tools/cross.sh aarch64-unknown-linux-musl default,packaging | tail -n 1)
program=${built% * bytes}
cargo build --quiet
here=$folder/debug/oddity

work=$(mktemp -d)
card=$work/card.img
leave() {
    ! mountpoint -q "$work/mnt" || umount "$work/mnt"
    rm -rf "$work"
}
trap leave EXIT
mkdir "$work/root" "$work/mnt"
step() { printf '\n-- %s\n' "$*"; }
wrong() { echo "card: $*" >&2 && exit 1; }

step "a card"
card_root "$debian" "$work/root" pump
offset=$(python3 tests/arm/card.py image "$work/root" "$card")
rm -r "$work/root"
python3 tests/arm/card.py model "$here" "$work"

inside() { # COMMAND... in the card's system, as a folder
    mount -o "loop,offset=$offset" "$card" "$work/mnt"
    local status=0
    (cd "$work/mnt" && "$@") || status=$?
    umount "$work/mnt"
    return $status
}
all() { # Every file of it, with owner, mode and content.
    find . -path ./lost+found -prune -o -printf '%p %y %m %U %G %l\n' | sort
    find . -type f -print0 | sort -z | xargs -0 sha256sum
}
flash() { # PROGRAM
    tools/flash pi-3 "$card" --program "$1" --model "$work/model.onnx" --sensor "$work/sensors.toml" --pin board:relay
}
refused() { # WORDS PROGRAM
    local code=0
    flash "$2" >"$work/said" 2>&1 || code=$?
    cat "$work/said"
    [ "$code" = 2 ] || wrong "ends with $code"
    grep -q -- "$1" "$work/said" || wrong "says nothing of: $1"
}
inside all >"$work/before"

step "a program for another processor"
refused "is for amd64, the system in .* for arm64" "$here"
step "a card without space"
free() { df -Pk . | awk 'NR == 2 { print $4 - 512 }'; }
inside fallocate -l "$(inside free)K" filler
refused "KiB are free in .* nothing was written" "$program"
inside rm filler
inside all | cmp - "$work/before" || wrong "what was refused has changed the card"
echo "the card is as it was"

step "flashed, and taken back"
flash "$program"
inside all >"$work/flashed"
tools/flash --remove "$card"
inside all | diff - "$work/before" || wrong "--remove does not undo it"
echo "the card is as it was"

step "flashed twice"
flash "$program" >/dev/null
flash "$program"
inside all | diff - "$work/flashed" || wrong "the second time changes something"

step "booted"
python3 tests/arm/card.py boot "$folder/pi" "$card"

step "taken back from a card that was pulled out"
tools/flash --remove "$card"
left() { find . -name '*oddity*' -not -path "./var/*" -not -path "./tmp/*"; }
[ -z "$(inside left)" ] || wrong "left: $(inside left)"
