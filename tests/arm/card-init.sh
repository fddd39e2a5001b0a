#!/bin/busybox sh
# The first program of the emulated Raspberry Pi of card.py, in the place of a Pi's firmware and the modules of its
# system: loads what the card and the bus need, and hands over to the system on the card.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
# A Pi has no clock of its own.
date -s "2026-01-01 00:00:00" >/dev/null
while read -r module; do insmod "$module" || echo "FAILED insmod $module"; done </modules
tries=0
until [ -e /dev/mmcblk0p2 ] && [ -e /dev/i2c-1 ] && [ -e /dev/gpiochip0 ] || [ $tries = 300 ]; do
    sleep 0.1
    tries=$((tries + 1))
done
mount -t ext4 /dev/mmcblk0p2 /mnt || echo "FAILED mount"
echo "BOARD $(tr -d '\0' </proc/device-tree/model), $(uname -rm), $(cut -d ' ' -f 1 /proc/uptime) s"
mount --move /dev /mnt/dev
umount /sys /proc
exec switch_root /mnt /sbin/init
