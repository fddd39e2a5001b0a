# To be sourced (bash) after tools/cross-tools.sh: the machines that are emulated, and QEMU for them.
#
# `processors_of MACHINE` sets `target`, `qemu` and `processors`. `program_here` sets `here`, the program of this machine:
# that of HERE, or one that is built.

# max has all that QEMU knows: I8MM and the dot product among it. Cortex-A76 (Pi 5) has the dot product alone,
# Cortex-A53 (Pi 3, Zero 2 W) and A72 (Pi 4) have neither. ARM1176 (Pi 1, Zero, Zero W) has no NEON. Its programs are
# built with musl here: GNU's libc for it is Raspberry Pi OS's alone, and Debian's needs an ARMv7.
processors_of() {
    case $1 in
    aarch64) target=aarch64-unknown-linux-musl qemu=qemu-aarch64-static processors=(max cortex-a76 cortex-a53) ;;
    armv7) target=armv7-unknown-linux-musleabihf qemu=qemu-arm-static processors=(cortex-a7) ;;
    armv6) target=arm-unknown-linux-musleabihf qemu=qemu-arm-static processors=(arm1176) ;;
    *) fail "$1: aarch64, armv7 and armv6 are emulated" ;;
    esac
    command -v "$qemu" >/dev/null || fail "$qemu is needed: apt-get install qemu-user-static"
}

program_here() {
    here=${HERE:-}
    [ -z "$here" ] || return 0
    cargo build --quiet
    here=${CARGO_TARGET_DIR:-target}/debug/oddity
}

# What `inspect` calls the instructions that int8 has on a processor.
int8_of() {
    case $1 in
    max) echo "int8 I8MM" ;;
    cortex-a76) echo "int8 SDOT" ;;
    cortex-a53) echo "int8 NEON" ;;
    *) echo "int8" ;;
    esac
}
