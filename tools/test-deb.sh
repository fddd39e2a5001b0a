#!/usr/bin/env bash
# Holds the package to what it promises: tools/test-deb.sh amd64|arm64|armhf [PROGRAM]
#
# It is installed, run, upgraded, removed and purged in a Debian of its own, a folder that is thrown away
# (packaging/lifecycle.sh); no service manager runs there. PROGRAM is packed in place of an optimised build, such as
# target/debug/oddity. Needs root, mmdebstrap, and for another processor qemu-user-static (tools/debian.sh). The Debian
# is kept as target/package/debian-ARCH.tar, so that only the first time takes its download; without it, and where
# Debian's mirror cannot be reached, the script ends with code 69.
set -euo pipefail
# From wherever this is called.
[ $# -lt 2 ] || set -- "$1" "$(realpath "$2")" "${@:3}"
cd "$(dirname "$0")/.."
if [ $# -lt 1 ] || [ $# -gt 2 ]; then
    echo "usage: tools/test-deb.sh amd64|arm64|armhf [PROGRAM]" >&2
    exit 2
fi
. tools/debian.sh
arch=$1
folder=target/package
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

program=$work/program
if [ $# -eq 2 ]; then
    # What a debug build has for debuggers takes longer to pack than all else.
    strip -o "$program" "$2" 2>/dev/null || cp "$2" "$program"
else
    tools/deb.sh "$arch"
    cp "$folder/oddity" "$program"
fi
mkdir "$work/root"
deb=$(FAST=1 tools/deb.sh "$arch" "$program" 1.0 | tail -n 1 | cut -d ' ' -f 1)
cp "$deb" "$work/1.0.deb"
next() { # the package BEFORE as version AFTER, and with LINE more in its configuration
    dpkg-deb -R "$work/$1.deb" "$work/next"
    sed -i "s/^Version: .*/Version: $2/" "$work/next/DEBIAN/control"
    [ -z "${3:-}" ] || echo "$3" >>"$work/next/etc/oddity/demo.conf"
    # Uncompressed: it may be unpacked in an emulator.
    dpkg-deb -Znone -b "$work/next" "$work/$2.deb" >/dev/null
    rm -r "$work/next"
}
next 1.0 2.0
next 2.0 3.0 '# new'

debian_of "$arch"

cp packaging/lifecycle.sh "$work"
# shellcheck disable=SC2016
apart bash -euc '
    tar -C "$1/root" --exclude="./dev/*" -xf "$2"
    mount -t proc proc "$1/root/proc"
    mount --rbind /dev "$1/root/dev"
    mkdir "$1/root/test"
    mv "$1"/*.deb "$1/lifecycle.sh" "$1/root/test"
    cd /
    env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C DEBIAN_FRONTEND=noninteractive \
        chroot "$1/root" sh -eu /test/lifecycle.sh
' _ "$work" "$debian"
echo "test-deb: $arch: all as promised"
