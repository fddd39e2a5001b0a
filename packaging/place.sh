#!/bin/sh
# Puts oddity into a system that lies in a folder, or takes it out again: run by tools/flash, there or over ssh.
#
#   place.sh place ROOT NAME     what lies beside this script goes into ROOT, for the watch NAME
#   place.sh remove ROOT         all that was placed goes, but what was changed since
#
# Everything is checked before anything is written, copied under other names, and renamed at the end. What was placed is
# remembered in ROOT/usr/local/lib/oddity/placed, a line each: its SHA-256 and its path. That is written first: wherever
# a run is cut off, the next one, or `remove`, knows what is from here.
set -eu
what=$1
root=${2%/}
here=$(cd "$(dirname "$0")" && pwd)
placed=usr/local/lib/oddity/placed
fail() { echo "flash: $*" >&2 && exit 2; }
sum() { sha256sum <"$1" | cut -d ' ' -f 1; }
# Whether anything was placed at this path; and whether it is what lies there.
was_placed() { [ -f "$root/$placed" ] && grep -q "  $1\$" "$root/$placed"; }
as_placed() { [ -f "$root/$placed" ] && grep -qxF "$(sum "$root/$1")  $1" "$root/$placed"; }
# The name under which a file is copied.
new() { echo "$root/$(dirname "$1")/.$(basename "$1").flash-new"; }
# The running system's service manager; nobody's in a folder.
live() { [ -z "$root" ] && [ -d /run/systemd/system ]; }

# The processor of an ELF file, by its class and its machine (bytes 4, 18 and 19).
processor() {
    case $(od -An -tx1 -N20 "$1" 2>/dev/null | tr -d ' \n' | sed 's/^\(.\{10\}\).*\(.\{4\}\)$/\1 \2/') in
    "7f454c4602 3e00") echo amd64 ;;
    "7f454c4602 b700") echo arm64 ;;
    "7f454c4601 2800") echo "arm (32 bits)" ;;
    7f454c46*) echo "another processor ($(od -An -tx1 -j18 -N2 "$1"))" ;;
    *) echo nothing ;;
    esac
}

check_system() {
    [ -d "$root/" ] || fail "$root: no such folder: is the card mounted?"
    for folder in etc usr; do
        [ -d "$root/$folder" ] ||
            fail "$root has no $folder: this is not the root of a system (the card's second partition is)"
        [ -w "$root/$folder" ] || fail "$root/$folder cannot be written: be root, and mount it read-write"
    done
    [ -d "$root/lib/systemd" ] || [ -d "$root/usr/lib/systemd" ] || fail "$root has no systemd, which starts the watch"
    [ ! -f "$root/var/lib/dpkg/info/oddity.list" ] ||
        fail "the package oddity is installed there: use it, or remove it first"
}

check_program() {
    theirs=nothing
    for file in usr/bin/true bin/true usr/bin/sh bin/sh bin/busybox; do
        # A link with an absolute path would lead out of the folder.
        if [ -f "$root/$file" ] && [ ! -L "$root/$file" ]; then
            theirs=$(processor "$root/$file")
            break
        fi
    done
    ours=$(processor "$here/oddity")
    [ "$theirs" != nothing ] || fail "$root has no program to tell its processor by (usr/bin/true)"
    [ "$ours" = "$theirs" ] || fail "the program is for $ours, the system in ${root:-/} for $theirs: wrong board, or wrong card?"
    # A static program wants no libc. Others name their loader in the first bytes.
    loader=$(head -c 4096 "$here/oddity" | tr -c '[:graph:]' '\n' | grep -m 1 '^/lib.*/ld-' || true)
    [ -n "$loader" ] || return 0
    [ -e "$root$loader" ] || [ -L "$root$loader" ] || fail "the program wants $loader, which is not there: build it for musl"
    for libc in "$root"/lib/*/libc.so.6 "$root"/usr/lib/*/libc.so.6; do
        [ -f "$libc" ] || continue
        found=$(tr -c '[:print:]' '\n' <"$libc" | sed -n 's/.*GNU C Library .*version \([0-9]*\.[0-9]*\).*/\1/p' | head -n 1)
        wanted=$(tr -c '[:graph:]' '\n' <"$here/oddity" | sed -n 's/^GLIBC_\([0-9]*\.[0-9]*\)$/\1/p' | sort -V | tail -n 1)
        newest=$(printf '%s\n%s\n' "$found" "$wanted" | sort -V | tail -n 1)
        [ "$newest" = "$found" ] || fail "the program wants glibc $wanted, the system has $found: build it for musl"
        return 0
    done
}

check_space() {
    # In KiB, with a margin. What is replaced takes its space until the end.
    wanted=$(stat -c %s "$here"/* | awk '{ sum += $1 } END { printf "%.0f", sum / 1024 + 1024 }')
    free=$(df -Pk "$root/usr" | awk 'NR == 2 { print $4 }')
    [ "$free" -gt "$wanted" ] || fail "$free KiB are free in $root/usr, $wanted are needed: nothing was written"
}

# Which file goes where, and with which rights.
files() {
    echo "oddity 755 usr/local/bin/oddity"
    echo "watch 755 usr/local/lib/oddity/watch"
    echo "unit 644 etc/systemd/system/oddity@.service"
    echo "rules 644 etc/udev/rules.d/60-oddity.rules"
    echo "model 644 etc/oddity/$name.onnx"
    echo "conf 644 etc/oddity/$name.conf"
    [ ! -f "$here/sensors" ] || echo "sensors 644 etc/oddity/$name.toml"
}

# Groups that the system has not are left out: systemd starts nothing for a group that is not there.
make_unit() {
    groups=
    for group in i2c spi gpio dialout; do
        if grep -q "^$group:" "$root/etc/group"; then
            groups="$groups $group"
        else
            echo "no group $group there: its devices stay root's (addgroup --system $group there, and run this again)"
        fi
    done
    sed -e "s|^SupplementaryGroups=.*|SupplementaryGroups=${groups# }|" -e 's|=/usr/lib/oddity/|=/usr/local/lib/oddity/|' \
        "$here/oddity@.service" >"$here/unit"
}

place() {
    check_system
    check_program
    check_space
    make_unit
    # The user's own configuration stays; anything else that was not placed by this is not overwritten.
    # shellcheck disable=SC2030
    files | while read -r from _ to; do
        if [ ! -e "$root/$to" ] || as_placed "$to" || cmp -s "$here/$from" "$root/$to"; then
            continue
        fi
        case $from in
        conf | sensors) echo "kept $to: it was changed there" && touch "$here/keep.$from" ;;
        model) was_placed "$to" || fail "$to is there already, and not from here: remove it, or choose another --name" ;;
        *) was_placed "$to" || fail "$to is there already, and not from here: remove it first" ;;
        esac
    done
    # shellcheck disable=SC2031
    trap undo EXIT
    trap 'exit 1' HUP INT TERM
    remember more
    files | while read -r from mode to; do
        [ ! -e "$here/keep.$from" ] || continue
        mkdir -p "$root/$(dirname "$to")"
        cp "$here/$from" "$(new "$to")" || fail "cannot copy to $root/$to: nothing was changed"
        chmod "$mode" "$(new "$to")"
    done
    sync -f "$root/usr" "$root/etc" 2>/dev/null || sync
    # From here on it is carried through.
    trap - EXIT
    trap '' HUP INT TERM
    files | while read -r from _ to; do
        [ ! -e "$here/keep.$from" ] || continue
        if [ -e "$root/$to" ] && cmp -s "$here/$from" "$root/$to"; then
            echo "as it was  $to"
        else
            echo "placed     $to"
        fi
        mv "$(new "$to")" "$root/$to"
    done
    remember
    link=etc/systemd/system/multi-user.target.wants/oddity@$name.service
    mkdir -p "$root/$(dirname "$link")"
    ln -sfn /etc/systemd/system/oddity@.service "$root/$link"
    echo "starts with the machine: oddity@$name"
    if live; then
        systemctl daemon-reload
        udevadm control --reload && udevadm trigger --subsystem-match=i2c-dev --subsystem-match=spidev --subsystem-match=gpio
        systemctl restart "oddity@$name"
        echo "started: journalctl -fu oddity@$name"
    fi
}

# What is placed by this run replaces what is remembered of the same paths; other watches stay. With `more` it is only
# added: until the end a path may have either.
remember() {
    mkdir -p "$root/$(dirname "$placed")"
    [ ! -f "$root/$placed" ] || cp "$root/$placed" "$here/placed"
    touch "$here/placed"
    [ -e "$here/placed.before" ] || cp "$here/placed" "$here/placed.before"
    files | while read -r from _ to; do
        [ ! -e "$here/keep.$from" ] || continue
        if [ -z "${1:-}" ]; then
            grep -v "  $to\$" "$here/placed" >"$here/placed.less" || true
            mv "$here/placed.less" "$here/placed"
        fi
        line="$(sum "$here/$from")  $to"
        grep -qxF "$line" "$here/placed" || echo "$line" >>"$here/placed"
    done
    write_placed placed || fail "cannot write $root/$placed: nothing was changed"
}

write_placed() { cp "$here/$1" "$root/$placed.new" && mv "$root/$placed.new" "$root/$placed"; }

# Before the first file is renamed nothing has changed, and nothing is to be left.
undo() {
    files | while read -r _ _ to; do rm -f "$(new "$to")" || true; done
    rm -f "$root/$placed.new"
    if [ -s "$here/placed.before" ]; then
        write_placed placed.before || true
    elif [ -e "$here/placed.before" ]; then
        rm -f "$root/$placed"
    fi
    rmdir "$root/usr/local/lib/oddity" "$root/etc/oddity" 2>/dev/null || true
}

remove() {
    [ -d "$root/" ] || fail "$root: no such folder: is the card mounted?"
    [ -f "$root/$placed" ] || fail "nothing in ${root:-/} was placed by flash"
    if live; then
        systemctl stop 'oddity@*.service'
    fi
    rm -f "$root"/etc/systemd/system/multi-user.target.wants/oddity@*.service
    sed 's/^[0-9a-f]*  //' "$root/$placed" | sort -u | while read -r path; do
        rm -f "$(new "$path")"
        if [ ! -e "$root/$path" ]; then
            continue
        elif as_placed "$path"; then
            rm "$root/$path"
            echo "removed    $path"
        else
            echo "kept       $path: it was changed there"
        fi
    done
    rm "$root/$placed"
    rm -f "$root/$placed.new"
    rmdir "$root/usr/local/lib/oddity" "$root/etc/oddity" 2>/dev/null || true
    if live; then
        systemctl daemon-reload
    fi
}

case $what in
place)
    name=$3
    place
    ;;
remove) remove ;;
*) fail "place or remove" ;;
esac
