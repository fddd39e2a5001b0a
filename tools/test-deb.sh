#!/usr/bin/env bash
# Holds the package to what it promises: tools/test-deb.sh amd64|arm64|armhf [PROGRAM]
#
# It is installed, run, upgraded, removed and purged in a Debian of its own, a folder that is thrown away
# (packaging/lifecycle.sh); no service manager runs there. PROGRAM is packed in place of an
# optimised build, such as target/debug/oddity. Needs root, mmdebstrap, and for another processor qemu-user-static. The
# Debian is kept as target/package/debian-ARCH.tar, so that only the first time takes its download.
set -euo pipefail
# From wherever this is called.
[ $# -lt 2 ] || set -- "$1" "$(realpath "$2")" "${@:3}"
cd "$(dirname "$0")/.."
if [ $# -lt 1 ] || [ $# -gt 2 ]; then
    echo "usage: tools/test-deb.sh amd64|arm64|armhf [PROGRAM]" >&2
    exit 2
fi
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
deb=$(tools/deb.sh "$arch" "$program" 1.0 | tail -n 1 | cut -d ' ' -f 1)
cp "$deb" "$work/1.0.deb"

# The processor's own programs start as they are. Others start through qemu, in a user namespace of their own, where
# binfmt_misc is one of its own too (since Linux 6.7): the machine stays as it is.
if [ "$arch" = "$(dpkg --print-architecture)" ]; then
    apart() { unshare --mount --pid --fork "$@"; }
else
    apart() {
        unshare --user sleep infinity &
        local holder=$!
        until [ "$(readlink /proc/$holder/ns/user)" != "$(readlink /proc/self/ns/user)" ]; do sleep 0.1; done
        echo '0 0 65536' >/proc/$holder/uid_map
        echo '0 0 65536' >/proc/$holder/gid_map
        local status=0
        # shellcheck disable=SC2016
        nsenter --user --target $holder --setuid 0 --setgid 0 unshare --mount --pid --fork --mount-proc bash -c '
            mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
            for cpu in aarch64 arm; do
                tail -n 1 "/usr/lib/binfmt.d/qemu-$cpu.conf" >/proc/sys/fs/binfmt_misc/register
            done
            exec "$@"' _ "$@" || status=$?
        kill $holder
        return $status
    }
fi

debian=$folder/debian-$arch.tar
if ! [ -f "$debian" ]; then
    apart mmdebstrap --quiet --mode=root --skip=output/mknod,chroot/mount/sys --arch="$arch" --variant=minbase \
        --include=systemd,systemd-sysv,udev --aptopt='Acquire::Languages "none"' bookworm "$work/debian.tar" \
        http://deb.debian.org/debian
    mv "$work/debian.tar" "$debian"
fi

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
