#!/usr/bin/env python3
"""The program on an emulated Raspberry Pi 3: chips on I2C, and a lamp on a pin.

    tests/arm/pi.py FOLDER PROGRAM

FOLDER is what fetch.sh filled; PROGRAM is oddity for aarch64, static. QEMU's tmp105, a thermometer, is at 0x48 of
/dev/i2c-1. Its temperature is set through QEMU's monitor. The program on the Pi has to know its board and its bus, to
record the temperature and to fit a model on what it has recorded. Then the temperature becomes unsteady, and after that
is as before: the program has to raise an alert and clear it again, and its lamp, on pin 17, has to be on between, which is
read from the chip's registers. Nothing is simulated in the program. Before that it reads QEMU's LSM303DLHC, a magnetometer
at 0x1e, as a chip that it does not know, by a table of registers. Ends with code 1 and the Pi's console if it does not.
"""

import json
import math
import os
import pathlib
import queue
import socket
import subprocess
import sys
import tempfile
import threading
import time

RATE = 10  # rows a second
NORMAL = 200  # rows that are recorded
PIN = 17
GPLEV0 = 0x3F200034  # The levels of pins 0 to 31 (BCM2835 ARM Peripherals, 6.1).
LIMIT = 240  # seconds for all of it; it takes 45
MODULES = ["i2c-dev", "i2c-bcm2835"]
SENSORS = f"""rate_hz = {RATE}
[[sensor]]
bus = "i2c"
device = "/dev/i2c-1"
chip = "lm75"
kind = "tmp75"
address = 0x48
"""
# As its datasheet has it: X, Z and Y stand side by side, the high byte first.
MAGNETOMETER = """rate_hz = 5
[[sensor]]
bus = "i2c"
device = "/dev/i2c-1"
chip = "registers"
address = 0x1e
id = { register = 0x0a, value = 0x483433, bits = 24, endian = "big" }
burst = true
[[sensor.write]]
register = 0x02
value = 0x00
""" + "".join(
    f"""[[sensor.channel]]
name = "{name}"
register = {register}
bits = 16
endian = "big"
signed = true
scale = {scale}
unit = "µT"
"""
    for name, register, scale in [("x", 3, 100 / 1100), ("z", 5, 100 / 980), ("y", 7, 100 / 1100)]
)
FIELD = {"x": 25, "y": 40, "z": 50}  # µT
SCENARIO = f"""
oddity board check --only i2c
oddity record --sensor /magnetometer.toml -n 1
oddity record --sensor /sensors.toml -n {NORMAL} >/normal.csv
tail -n 1 /normal.csv
oddity fit /normal.csv -o /model.onnx
oddity detect /model.onnx --sensor /sensors.toml --pin gpiochip0:{PIN} --emit all
"""


def temperature(row):
    """What the chip shows when all is well, in °C."""
    return 40 + 2 * math.sin(row / 9) + 0.5 * math.sin(row / 2.3)


def fault(row):
    """What comes on top when it is not."""
    return 6 * math.sin(row * 2.1)


def cpio(files):
    """An archive (newc) of (name, mode, bytes), as the kernel unpacks it."""
    out = bytearray()
    for number, (name, mode, content) in enumerate(files + [("TRAILER!!!", 0, b"")], start=1):
        fields = [number, mode, 0, 0, 1, 0, len(content), 0, 0, 0, 0, len(name) + 1, 0]
        out += b"070701" + "".join(f"{field:08x}" for field in fields).encode() + name.encode() + b"\0"
        out += bytes(-len(out) % 4) + content
        out += bytes(-len(out) % 4)
    return bytes(out)


def modules(root, names):
    """Paths of the kernel's modules in the order of loading, without those that are built in."""
    needs = {}
    for line in (root / "modules.dep").read_text().splitlines():
        path, _, rest = line.partition(":")
        needs[path] = rest.split()
    found = []
    for name in names:
        for path in needs:
            if pathlib.Path(path).name.split(".")[0].replace("_", "-") == name:
                found += [need for need in reversed(needs[path]) if need not in found] + [path]
    return [root / path for path in found]


def initramfs(folder, init, names, more):
    """The first root of the Pi, with the script `init`, modules of these names, and more files; the kernel's name."""
    here = pathlib.Path(__file__).parent
    kernel = next((folder / "pi/lib/modules").iterdir())
    files = [(name, 0o040755, b"") for name in ["bin", "proc", "sys", "dev", "lib", "mnt"]]
    loaded = modules(kernel, names)
    for path in loaded:
        files.append((f"lib/{path.name}", 0o100644, path.read_bytes()))
    order = "".join(f"/lib/{path.name}\n" for path in loaded)
    files += [
        ("init", 0o100755, (here / init).read_bytes()),
        ("bin/busybox", 0o100755, (folder / "pi/bin/busybox").read_bytes()),
        ("modules", 0o100644, order.encode()),
    ]
    return cpio(files + more), kernel.name


class TooLate(SystemExit):
    """What was waited for has not come."""


class Monitor:
    """QEMU's monitor (QMP) at a socket."""

    def __init__(self, path):
        end = time.monotonic() + 20
        while True:
            self.socket = socket.socket(socket.AF_UNIX)
            try:
                self.socket.connect(str(path))
                break
            except OSError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)
        self.lines = self.socket.makefile("rw")
        self.lines.readline()
        self.ask("qmp_capabilities")

    def ask(self, command, **arguments):
        self.lines.write(json.dumps({"execute": command, "arguments": arguments}) + "\n")
        self.lines.flush()
        while True:
            answer = json.loads(self.lines.readline())
            if "error" in answer:
                raise SystemExit(f"monitor: {command}: {answer['error']['desc']}")
            if "return" in answer:
                return answer["return"]

    def set_temperature(self, celsius):
        self.ask("qom-set", path="/machine/peripheral/chip", property="temperature", value=round(celsius * 1000))

    def set_field(self, field):
        for axis, microtesla in field.items():
            self.ask("qom-set", path="/machine/peripheral/field", property=f"mag-{axis}", value=microtesla * 1000)

    def pin(self, pin):
        """The level of a pin."""
        text = self.ask("human-monitor-command", **{"command-line": f"xp /1wx {GPLEV0:#x}"})
        return int(text.split(":")[1], 16) >> pin & 1


class Pi:
    """The emulated board, its console, and what the chip measures."""

    def __init__(self, folder, work, kernel, options="", append=""):
        root = folder / "qemu/usr"
        libraries = [str(path) for path in folder.glob("qemu/**/x86_64-linux-gnu")]
        environment = dict(os.environ, LD_LIBRARY_PATH=":".join(libraries), QEMU_MODULE_DIR=f"{root}/lib")
        command = f"""{root}/bin/qemu-system-aarch64 -L {root}/share/qemu -M raspi3b -m 1G
            -kernel {folder}/pi/boot/vmlinuz-{kernel} -initrd {work}/root.cpio
            -dtb {folder}/pi/usr/lib/linux-image-{kernel}/broadcom/bcm2837-rpi-3-b.dtb
            -display none -no-reboot -qmp unix:{work}/monitor,server=on,wait=off
            -serial null -serial stdio -device tmp105,id=chip,bus=i2c-bus.1,address=0x48 {options}"""
        # The second serial line is the header's; the first one is Bluetooth's.
        self.qemu = subprocess.Popen(
            command.split() + ["-append", f"console=ttyS1,115200 loglevel=1 panic=-1 rdinit=/init {append}"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
        )
        self.console = []
        self.unread = queue.Queue()
        self.odd = False
        threading.Thread(target=self.read, daemon=True).start()
        self.monitor = Monitor(work / "monitor")

    def read(self):
        for line in self.qemu.stdout:
            line = line.decode(errors="replace").strip()
            self.console.append(line)
            self.unread.put(line)
        self.unread.put(None)

    def until(self, wanted, end):
        """The first line for which `wanted` is true; the chip's temperature goes on meanwhile."""
        while True:
            if time.monotonic() > end:
                raise TooLate("too late")
            row = time.monotonic() * RATE
            self.monitor.set_temperature(temperature(row) + self.odd * fault(row))
            try:
                line = self.unread.get(timeout=0.5 / RATE)
            except queue.Empty:
                continue
            if line is None:
                raise SystemExit("the Pi has gone off")
            if line.startswith("FAILED") or line.startswith("ENDED"):
                raise SystemExit(line)
            if wanted(line):
                return line

    def pin_is(self, pin, level, end):
        """Until the pin has that level: its thread is a moment behind the console."""
        while self.monitor.pin(pin) != level:
            if time.monotonic() > end:
                raise SystemExit(f"pin {pin} is not {level}")
            time.sleep(0.1)
        print(f"pin {pin}: {'on' if level else 'off'}")


def event(kind):
    return lambda line: line.startswith("{") and json.loads(line)["kind"] == kind


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    folder, program = (pathlib.Path(word).resolve() for word in sys.argv[1:])
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        more = [
            ("bin/oddity", 0o100755, program.read_bytes()),
            ("sensors.toml", 0o100644, SENSORS.encode()),
            ("magnetometer.toml", 0o100644, MAGNETOMETER.encode()),
            ("scenario", 0o100644, SCENARIO.encode()),
        ]
        archive, kernel = initramfs(folder, "pi-init.sh", MODULES, more)
        (work / "root.cpio").write_bytes(archive)
        start = time.monotonic()
        pi = Pi(folder, work, kernel, "-device lsm303dlhc_mag,id=field,bus=i2c-bus.1,address=0x1e")
        try:
            end = start + LIMIT
            pi.monitor.set_field(FIELD)
            print(pi.until(lambda line: "BOARD" in line, end))
            bus = pi.until(lambda line: line.startswith("I2C1 "), end)
            print(bus)
            if bus.split() != ["I2C1", "ok", "/dev/i2c-1"]:
                raise SystemExit("the bus is not known")
            row = pi.until(lambda line: line.startswith("2026-"), end)
            print("by its registers:", row)
            if [round(float(field)) for field in row.split(",")[1:]] != [FIELD[axis] for axis in "xzy"]:
                raise SystemExit("the field is another")
            print("measured:", pi.until(lambda line: line.startswith("2026-"), end))
            print("judged:", pi.until(event("score"), end))
            pi.odd = True
            pi.pin_is(PIN, 0, end)
            print("odd:", pi.until(event("raised"), end))
            pi.pin_is(PIN, 1, end)
            pi.odd = False
            print("as before:", pi.until(event("cleared"), end))
            pi.pin_is(PIN, 0, end)
            print(f"pi: passed in {time.monotonic() - start:.0f} s")
        except BaseException:
            print("\n".join(pi.console), file=sys.stderr)
            raise
        finally:
            pi.qemu.kill()
            pi.qemu.wait()


if __name__ == "__main__":
    main()
