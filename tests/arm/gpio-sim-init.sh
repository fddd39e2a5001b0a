#!/bin/busybox sh
# The first program of an emulated machine (virt.py): a GPIO chip of gpio-sim with eight lines, and alerts of the
# program on them. What a wire would have is read from gpio-sim's own files.
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev 2>/dev/null
while read -r module; do insmod "$module"; done </modules
insmod /lib/gpio-sim.ko
mount -t configfs config /sys/kernel/config

failed() {
    echo "FAILED $*"
    cut -c 1-60 /events
    cat /said
    poweroff -f
    sleep 60
}
until_true() { # WORDS COMMAND...: within some seconds.
    local words=$1 tries=0
    shift
    until "$@"; do
        [ $tries -lt 200 ] || failed "$words"
        sleep 0.1
        tries=$((tries + 1))
    done
    echo "$words"
}
level() { # LINE LEVEL
    [ "$(cat "$lines/sim_gpio$1/value")" = "$2" ]
}
says() { # KIND COUNT: so many events of a kind
    [ "$(grep -c "\"kind\":\"$1\"" /events)" = "$2" ]
}

sim=/sys/kernel/config/gpio-sim/test
# Line 5 is an input that a driver of the kernel has.
mkdir -p $sim/bank0/line5/hog
echo 8 >$sim/bank0/num_lines
echo lamps >$sim/bank0/label
echo door >$sim/bank0/line5/hog/name
echo input >$sim/bank0/line5/hog/direction
echo 1 >$sim/live
chip=$(cat $sim/bank0/chip_name)
lines=/sys/devices/platform/$(cat $sim/dev_name)/$chip
echo "BOARD $(uname -rm), $chip, $(cut -d ' ' -f 1 /proc/uptime) s"
oddity --version

refused() { # LINE CODE WORDS
    oddity detect /model.onnx /rows.csv --quiet --pin "$chip:$1" >/dev/null 2>/refused
    code=$?
    cat /refused
    [ "$code" = "$2" ] || failed "line $1: ends with $code"
    grep -q -- "$3" /refused || failed "line $1: says nothing of: $3"
}
refused 5 74 'is in use by "door"'
refused 8 2 "the chip has the lines 0 to 7"

mkfifo /pipe
start() { # The program, fed through descriptor 3.
    oddity detect /model.onnx --quiet --pin "$chip:3" --pin lamps:4:active-low </pipe >/events 2>/said &
    program=$!
    exec 3>/pipe
}
rows() { sed -n "$1,$2p" /rows.csv >&3; }

start
rows 1 900
until_true "active-low is high before an alert" level 4 1
until_true "and the other line low" level 3 0
# As if another program had it.
refused 3 74 'is in use by "oddity"'
rows 901 1000
until_true "an alert" says raised 1
until_true "line 3 is high" level 3 1
until_true "line 4 is low" level 4 0
rows 1001 1800
until_true "it is cleared" says cleared 1
until_true "line 3 is low" level 3 0
until_true "line 4 is high" level 4 1
rows 1801 2200
until_true "an alert" says raised 2
until_true "line 3 is high" level 3 1
exec 3>&-
wait $program || failed "ends with $?"
until_true "at the end of the input line 3 is low" level 3 0

start
rows 1 1000
until_true "an alert" says raised 1
until_true "line 3 is high" level 3 1
kill -TERM $program
wait $program
until_true "at a signal line 3 is low" level 3 0
exec 3>&-
echo "PASSED"
poweroff -f
