#!/usr/bin/env bash
# The program's alerts on the lines of a GPIO chip: those of gpio-sim, the kernel's own stand-in for one, on an emulated
# 64-bit ARM machine (gpio-sim-init.sh, started by virt.py).
#
#     tests/arm/gpio-sim.sh [PROGRAM]
#
# PROGRAM is oddity for aarch64, static; without one it is built. Debian's kernel for ARM has no gpio-sim: it is built
# for exactly that kernel, from Debian's headers and source, into target/pi/sim (150 MB are fetched, no kernel is built).
# Needs `apt-get install gcc-aarch64-linux-gnu make`, and what tests/arm/fetch.sh needs. Ends with code 69 where Debian's
# mirror cannot be reached.
set -euo pipefail
cd "$(dirname "$0")/../.."
for tool in aarch64-linux-gnu-gcc make; do
    command -v $tool >/dev/null ||
        { echo "gpio-sim: $tool is needed: apt-get install gcc-aarch64-linux-gnu make" >&2 && exit 2; }
done
folder=${CARGO_TARGET_DIR:-target}/pi
tests/arm/fetch.sh "$folder"
folder=$(realpath "$folder")
kernel=$(basename "$folder"/pi/lib/modules/*)

module() { # builds gpio-sim.ko in the folder it is in
    local base=${kernel%-arm64} version source headers built
    version=$(cut -d . -f 1,2 <<<"$base")
    apt_lists arm64 bookworm
    apt_lists amd64 bookworm
    # The source of the kernel that the headers are of.
    source=$(apt_of arm64 apt-cache show "linux-headers-$kernel" | sed -n 's/^Version: //p' | head -n 1)
    apt_of arm64 apt-get download "linux-headers-$kernel" "linux-headers-$base-common" "linux-source-$version=$source"
    apt_of amd64 apt-get download "linux-kbuild-$version"
    for package in linux-headers-*.deb linux-kbuild-*.deb; do dpkg -x "$package" headers; done
    mkdir module
    dpkg --fsys-tarfile linux-source-*.deb | tar -xO "./usr/src/linux-source-$version.tar.xz" |
        tar -C module -xJ --strip-components=3 --wildcards \
            '*/drivers/gpio/gpio-sim.c' '*/drivers/gpio/gpiolib.h' '*/kernel/irq/irq_sim.c'
    # Its interrupts, irq_sim, are not in Debian's kernel either, and use what modules cannot reach.
    mv module/gpio-sim.c module/gpio-sim-main.c
    sed -i 's/handle_simple_irq(irq_to_desc(irqnum))/generic_handle_irq(irqnum)/' module/irq_sim.c
    printf '%s\n' 'obj-m := gpio-sim.o' 'gpio-sim-y := gpio-sim-main.o irq_sim.o' 'ccflags-y += -DCONFIG_IRQ_SIM=1' \
        >module/Makefile
    headers=$PWD/headers/usr/src/linux-headers
    # Both name places in /usr.
    echo "include $headers-$base-common/Makefile" >"$headers-$kernel/Makefile"
    rm -f "$headers-$kernel/vmlinux"
    built=$(make -s -C "$headers-$kernel" M="$PWD/module" ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu- \
        CC=aarch64-linux-gnu-gcc modules 2>&1) || { echo "$built" >&2 && exit 1; }
    aarch64-linux-gnu-strip -g module/gpio-sim.ko
    mv module/gpio-sim.ko .
    rm -r apt headers module ./*.deb
}
if ! [ -f "$folder/sim/gpio-sim.ko" ]; then
    rm -rf "$folder/sim"
    mkdir "$folder/sim"
    scripts=$PWD/tests/arm
    (
        cd "$folder/sim"
        . "$scripts/apt.sh"
        module
    )
fi

program=${1:-}
if [ -z "$program" ]; then
    built=$(PROFILE=emulated tools/cross.sh aarch64-unknown-linux-musl cli,sensor | tail -n 1)
    program=${built% * bytes}
fi
python3 tests/arm/virt.py "$folder" gpio-sim-init.sh configfs "bin/oddity=$program" \
    "lib/gpio-sim.ko=$folder/sim/gpio-sim.ko" model.onnx=models/pump.onnx rows.csv=models/pump-faults.csv
