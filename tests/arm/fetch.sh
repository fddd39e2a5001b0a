#!/usr/bin/env bash
# What an emulated Raspberry Pi needs, unpacked into FOLDER: QEMU 10 (7.2 of Debian 12 has no I2C on a Pi) with the
# libraries that are missing here, Debian's kernel for 64-bit ARM with its modules and device trees, and a static
# busybox. Some 75 MB are fetched. Nothing is installed, and no root needed; what FOLDER has already is kept.
#
#     tests/arm/fetch.sh FOLDER
#
# Where the mirror no longer has a version named below, the one in its place is taken, and it is said. Ends with code
# 69 where the mirror cannot be reached.
set -euo pipefail
qemu=1:10.0.2+ds-2+deb13u1~bpo12+1
kernel=6.1.0-50-arm64
busybox=1:1.35.0-4+deb12u1+b1

[ $# = 1 ] || { echo "usage: tests/arm/fetch.sh FOLDER" >&2 && exit 2; }
command -v depmod >/dev/null || { echo "fetch: depmod is needed: apt-get install kmod" >&2 && exit 2; }
scripts=$(realpath "$(dirname "$0")")
mkdir -p "$1"
cd "$1"
[ ! -e complete ] || exit 0
. "$scripts/apt.sh"
apt_lists amd64 bookworm bookworm-backports
apt_lists arm64 bookworm

# What the mirror has: the version that is asked for, or the newest.
version_of() { # ARCHITECTURE PACKAGE VERSION
    local all
    all=$(apt_of "$1" apt-cache madison "$2" | awk '{ print $3 }')
    [ -n "$all" ] || { echo "fetch: the mirror $mirror has no $2 for $1" >&2 && exit 1; }
    if ! grep -qxF -- "$3" <<<"$all"; then
        echo "fetch: $2 $(head -n 1 <<<"$all") in place of $3" >&2
        all=$(head -n 1 <<<"$all")
        set -- "$1" "$2" "$all"
    fi
    echo "$3"
}
qemu=$(version_of amd64 qemu-system-arm "$qemu")
apt_of amd64 apt-get install --yes --download-only --no-install-recommends -o Dpkg::Use-Pty=0 \
    "qemu-system-arm=$qemu" "qemu-system-common=$qemu" "qemu-system-data=$qemu"
image=linux-image-$kernel
if [ -z "$(apt_of arm64 apt-cache madison "$image")" ]; then
    image=$(apt_of arm64 apt-cache show --no-all-versions linux-image-arm64 | grep -oE 'linux-image-[0-9][^ ]*' | head -n 1)
    echo "fetch: $image in place of linux-image-$kernel" >&2
fi
busybox=$(version_of arm64 busybox-static "$busybox")
(cd apt/arm64/cache/archives && apt_of arm64 apt-get download "$image" "busybox-static=$busybox")

for package in apt/amd64/cache/archives/*.deb; do dpkg -x "$package" qemu; done
for package in apt/arm64/cache/archives/*.deb; do dpkg -x "$package" pi; done
depmod -b pi "${image#linux-image-}"
rm -r apt
echo "qemu-system-arm $qemu, $image, busybox-static $busybox" | tee complete
