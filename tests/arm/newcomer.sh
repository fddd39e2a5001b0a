#!/usr/bin/env bash
# The newcomer's page, docs/install.md: what it has one type on the Pi is typed on an emulated Raspberry Pi 3 with a
# thermometer, which boots Debian 12 from a card, from the installation of the package to the first alert of a sensor
# (newcomer.py).
#
#     tests/arm/newcomer.sh
#
# The commands are read from the page. Two things differ: -n 36000 becomes -n 300, and root types them, with a `sudo` that
# only runs what follows. The system has no firmware to read its config.txt, and modules are loaded by what boots it.
#
# Needs root, and what tools/debian.sh, tools/deb.sh and tests/arm/fetch.sh need. Ends with code 69 where Debian's mirror
# cannot be reached. Takes some minutes.
set -euo pipefail
cd "$(dirname "$0")/../.."
. tools/debian.sh
. tests/arm/card-root.sh
folder=${CARGO_TARGET_DIR:-target}
tests/arm/fetch.sh "$folder/pi"
debian_of arm64
built=$(PROFILE=emulated tools/cross.sh aarch64-unknown-linux-musl default,packaging | tail -n 1)
deb=$(FAST=1 tools/deb.sh arm64 "${built% * bytes}" | tail -n 1 | cut -d ' ' -f 1)

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
mkdir "$root"
card_root "$debian" "$root" demo pump
cp "$deb" "$root/root/"
mkdir -p "$root/boot/firmware" "$root/root/steps" "$root/root/typed"
touch "$root/boot/firmware/config.txt"
python3 tests/arm/newcomer.py steps docs/install.md "$root/root/steps"
printf '%s\n' '#!/bin/sh' 'exec "$@"' >"$root/usr/local/bin/sudo"
# Types what has not been typed yet: after a start of the machine it goes on. A watch that is started is left alone until it
# has raised an alert.
cat >"$root/usr/local/bin/type-steps" <<'END'
#!/bin/bash
cd /root
for step in steps/*; do
    step=${step#steps/}
    mv "steps/$step" "typed/$step"
    sync
    bash -ev "typed/$step" 2>&1 || { echo "FAILED $step" && exit 1; }
    ! grep -q reboot "typed/$step" || sleep infinity
    watch=$(sed -n 's/.*systemctl \(start\|enable --now\) \(oddity@.*\)/\2/p' "typed/$step")
    until [ -z "$watch" ] || journalctl --output=cat --unit="$watch" | grep -q '"kind":"raised"'; do sleep 1; done
done
echo "ALL IS TYPED"
END
chmod 755 "$root/usr/local/bin/sudo" "$root/usr/local/bin/type-steps"
card_starts "$root" type ExecStart=/usr/local/bin/type-steps Environment=HOME=/root
python3 tests/arm/card.py image "$root" "$work/card.img" >"$work/offset"
rm -r "$root"
python3 tests/arm/newcomer.py boot "$folder/pi" "$work/card.img"
