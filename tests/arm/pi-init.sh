#!/bin/busybox sh
# The first program of the emulated Raspberry Pi of pi.py: modules, then the program, whose output is the console.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
# A Pi has no clock of its own.
date -s "2026-01-01 00:00:00" >/dev/null
while read -r module; do insmod "$module" || echo "FAILED insmod $module"; done </modules
tries=0
until [ -e /dev/i2c-1 ] && [ -e /dev/gpiochip0 ] || [ $tries = 50 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
echo "BOARD $(tr -d '\0' </proc/device-tree/model), $(uname -rm), $(cut -d ' ' -f 1 /proc/uptime) s"
oddity --version
sh /scenario
echo "ENDED $?"
poweroff -f
