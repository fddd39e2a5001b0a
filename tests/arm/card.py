#!/usr/bin/env python3
"""The emulated Raspberry Pi of pi.py with an SD card: a system that tools/flash was run on.

    tests/arm/card.py model ODDITY FOLDER          what card.sh flashes: FOLDER/model.onnx and FOLDER/sensors.toml
    tests/arm/card.py image ROOT IMAGE             makes a card of the system in the folder ROOT; prints the offset
                                                   of the partition that it is in
    tests/arm/card.py boot FOLDER IMAGE            boots it; FOLDER is what fetch.sh filled

The Pi has to start the watch by itself. The thermometer then becomes unsteady, and steady again: the watch's journal,
which the card's system shows on its console, has to say so, and the pin of `--pin board:relay` has to be on meanwhile,
which is read from the chip's registers. Ends with code 1 and the Pi's console if not.
"""

import pathlib
import struct
import subprocess
import sys
import tempfile
import time

import pi

RELAY = 22  # of boards/pi-3.toml
LIMIT = 600  # seconds; it takes a minute or two
SIZE = 512 << 20  # of a card: QEMU wants a power of two
FIRST = 1 << 20  # where the first partition begins, in bytes: the firmware's, empty here
SECOND = 33 << 20  # and the second one
MODULES = ["i2c-dev", "i2c-bcm2835", "bcm2835", "mmc-block", "crc32c-generic", "ext4", "autofs4"]
# Nobody logs in.
APPEND = "systemd.mask=serial-getty@ttyS1.service systemd.mask=getty@tty1.service systemd.mask=getty-static.service"


def model(folder, oddity):
    """A model of the temperature as it is when all is well."""
    rows = [f"{round(pi.temperature(row) * 16) / 16}" for row in range(1500)]
    (folder / "normal.csv").write_text("\n".join(["temperature"] + rows) + "\n")
    subprocess.run(
        [oddity, "fit", folder / "normal.csv", "--output", folder / "model.onnx", "--quiet"],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def image(root, card):
    """A card with two partitions, as Raspberry Pi OS has them."""
    with open(card, "wb") as file:
        file.truncate(SIZE)
        file.seek(446)
        for kind, start, end in [(0x0C, FIRST, SECOND), (0x83, SECOND, SIZE)]:
            place = (b"\xfe\xff\xff", kind, b"\xfe\xff\xff", start // 512, (end - start) // 512)
            file.write(struct.pack("<B3sB3sII", 0, *place))
        file.seek(510)
        file.write(b"\x55\xaa")
    blocks = (SIZE - SECOND) // 4096
    subprocess.run(
        ["mke2fs", "-q", "-t", "ext4", "-b", "4096", "-d", root, "-E", f"offset={SECOND}", card, str(blocks)],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    print(SECOND)


def boot(folder, card):
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        archive, kernel = pi.initramfs(folder, "card-init.sh", MODULES, [])
        (work / "root.cpio").write_bytes(archive)
        start = time.monotonic()
        end = start + LIMIT
        sd = f"-drive file={card},if=sd,format=raw,cache=unsafe"
        board = pi.Pi(folder, work, kernel, sd, APPEND)
        try:
            print(board.until(lambda line: "BOARD" in line, end))
            started = board.until(lambda line: "Started" in line and "oddity" in line, end)
            print(f"{started} ({time.monotonic() - start:.0f} s)")
            # As it was when the model was made: nothing is to be said of it.
            steady = time.monotonic() + 8
            try:
                print(board.until(pi.event("raised"), steady))
                raise SystemExit("an alert although all is well")
            except pi.TooLate:
                board.pin_is(RELAY, 0, end)
            board.odd = True
            print("odd:", board.until(pi.event("raised"), end))
            board.pin_is(RELAY, 1, end)
            board.odd = False
            print("as before:", board.until(pi.event("cleared"), end))
            board.pin_is(RELAY, 0, end)
            print(f"card: passed in {time.monotonic() - start:.0f} s")
        except BaseException:
            print("\n".join(board.console), file=sys.stderr)
            raise
        finally:
            # As when somebody pulls the plug.
            board.qemu.kill()
            board.qemu.wait()


def main():
    match sys.argv[1:]:
        case ["model", oddity, folder]:
            folder = pathlib.Path(folder)
            model(folder, pathlib.Path(oddity).resolve())
            (folder / "sensors.toml").write_text(pi.SENSORS)
        case ["image", root, card]:
            image(root, card)
        case ["boot", folder, card]:
            boot(pathlib.Path(folder).resolve(), card)
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main()
