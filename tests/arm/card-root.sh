# To be sourced (bash), in the repository's root, after tools/debian.sh: the system that card.sh and newcomer.sh put on a
# card.
#
# `card_root TAR ROOT WATCH...` unpacks a Debian of tools/debian.sh into the folder ROOT, and makes it say on the console
# what the journals of those watches have. `card_starts ROOT NAME LINE...` has a service of that name start with the
# machine; LINEs are of its section [Service].

card_starts() { # ROOT NAME LINE...
    local units=$1/etc/systemd/system name=$2
    shift 2
    printf '%s\n' '[Service]' "$@" StandardOutput=tty TTYPath=/dev/ttyS1 >"$units/$name.service"
    mkdir -p "$units/multi-user.target.wants"
    ln -s "../$name.service" "$units/multi-user.target.wants/$name.service"
}

card_root() { # TAR ROOT WATCH...
    local tar=$1 root=$2
    shift 2
    tar -C "$root" --exclude='./dev/*' -xf "$tar"
    # As on Raspberry Pi OS: the groups of buses and pins.
    printf '%s\n' spi:x:995: i2c:x:994: gpio:x:993: >>"$root/etc/group"
    # What a person would type on the console.
    card_starts "$root" show "ExecStart=journalctl --follow --lines=all --output=cat $(printf -- '--unit=oddity@%s ' "$@")"
}
