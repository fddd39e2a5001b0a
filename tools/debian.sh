# To be sourced (bash), in the repository's root: a Debian 12 with systemd, for this processor or an emulated one.
#
# `apart COMMAND...` runs a command in namespaces of its own, where programs of 64-bit and 32-bit ARM start through
# qemu-user-static. `debian_of amd64|arm64|armhf` sets `debian`, a tar of that Debian's root: it is made once, and kept
# in target/package. It ends the script with code 69 where Debian's mirror cannot be reached. Both need root;
# mmdebstrap is needed the first time.

# binfmt_misc is the user namespace's own (since Linux 6.7): the machine stays as it is.
apart() {
    unshare --user sleep infinity &
    local holder=$! status=0
    until [ "$(readlink /proc/$holder/ns/user)" != "$(readlink /proc/self/ns/user)" ]; do sleep 0.1; done
    echo '0 0 65536' >/proc/$holder/uid_map
    echo '0 0 65536' >/proc/$holder/gid_map
    # shellcheck disable=SC2016
    nsenter --user --target $holder --setuid 0 --setgid 0 unshare --mount --pid --fork --mount-proc bash -c '
        mount -t binfmt_misc none /proc/sys/fs/binfmt_misc
        for cpu in aarch64 arm; do
            [ ! -f "/usr/lib/binfmt.d/qemu-$cpu.conf" ] ||
                tail -n 1 "/usr/lib/binfmt.d/qemu-$cpu.conf" >/proc/sys/fs/binfmt_misc/register
        done
        exec "$@"' _ "$@" || status=$?
    kill $holder
    return $status
}

# The mirror of this machine.
debian_mirror() {
    local found
    found=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
        grep -v '^#' | grep -oE 'https?://[^ ]+/debian/? *$' | head -n 1) || true
    found=${found:-http://deb.debian.org/debian}
    echo "${found%/}"
}

debian_of() { # ARCH
    debian=target/package/debian-$1.tar
    [ ! -f "$debian" ] || return 0
    command -v mmdebstrap >/dev/null ||
        { echo "$(basename "$0" .sh): mmdebstrap is needed: apt-get install mmdebstrap" >&2 && exit 2; }
    local mirror made
    mirror=$(debian_mirror)
    made=$(mktemp -d)
    if ! /usr/lib/apt/apt-helper -qq -o APT::Sandbox::User= \
        download-file "$mirror/dists/bookworm/InRelease" "$made/reached"; then
        rm -r "$made"
        echo "$(basename "$0" .sh): $mirror cannot be reached" >&2
        exit 69
    fi
    # dpkg runs here, as unpacking through the emulator takes minutes. The scripts of the essential packages do as well:
    # they are made for it, and what they could spoil is read-only. Those of systemd and udev run inside, as always.
    cat >"$made/dpkg" <<'EOF'
#!/bin/bash
words=()
for word; do [ "$word" = --force-script-chrootless ] || words+=("$word"); done
exec env -u TMPDIR dpkg "${words[@]}"
EOF
    chmod 755 "$made" "$made/dpkg"
    mkdir -m 1777 "$made/tmp"
    # shellcheck disable=SC2016
    if ! apart bash -euc '
        for folder in /etc /usr /var /root /home; do
            mount --bind "$folder" "$folder"
            mount -o remount,bind,ro "$folder"
        done
        cd /
        TMPDIR=$1/tmp mmdebstrap --quiet --mode=chrootless --skip=check/chrootless,output/mknod,chroot/mount/sys \
            --arch="$2" --variant=essential --include=usr-is-merged,systemd,systemd-sysv,udev \
            --hook-dir=/usr/share/mmdebstrap/hooks/merged-usr --aptopt="Acquire::Languages \"none\"" \
            --aptopt="Dir::Bin::dpkg \"$1/dpkg\"" bookworm "$1/debian.tar" "$3"
        ' _ "$made" "$1" "$mirror" >"$made/log" 2>&1; then
        cat "$made/log" >&2
        rm -r "$made"
        exit 1
    fi
    mkdir -p target/package
    mv "$made/debian.tar" "$debian"
    rm -r "$made"
}
