#!/bin/busybox sh
# The first program of an emulated machine (virt.py): runs each program of /programs, and says how much memory it took.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t devtmpfs dev /dev 2>/dev/null
echo "BOARD $(uname -rm), $(cut -d ' ' -f 1 /proc/uptime) s"
for program in /programs/*; do
    if ! time -v -o /took "$program" detect /model.onnx /rows.csv --quiet >/events; then
        echo "FAILED $program"
        poweroff -f
        sleep 60
    fi
    [ -s /events ] || echo "FAILED $program says nothing"
    echo "PEAK $(basename "$program") $(sed -n 's/.*Maximum resident set size (kbytes): //p' /took)"
done
echo "PASSED"
poweroff -f
