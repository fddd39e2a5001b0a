#!/usr/bin/env python3
"""What docs/install.md has a newcomer type, and the emulated Raspberry Pi that it is typed on.

    tests/arm/newcomer.py steps PAGE FOLDER        the blocks of the page's first section that are for the Pi (sh), each
                                                   a file of FOLDER, in their order
    tests/arm/newcomer.py boot FOLDER IMAGE        boots the card of newcomer.sh; FOLDER is what fetch.sh filled

The demo has to raise an alert. Then the Pi has to start anew; its thermometer is steady while it is recorded, becomes
unsteady when it is watched, and is then as before: an alert has to be raised and cleared, and the pin of `--pin
board:relay` to be on between. Ends with code 1 and the Pi's console if not.
"""

import pathlib
import sys
import tempfile
import textwrap
import time

import card
import pi

SECTION = "## A Raspberry Pi, from a blank card"
LIMIT = 900  # seconds; it takes some minutes
# With what starts a Pi anew.
MODULES = [*card.MODULES, "bcm2835-wdt"]


def steps(page, folder):
    section = page.read_text().split(SECTION)[1].split("\n## ")[0]
    blocks, block = [], None
    for line in section.splitlines():
        if block is None and line.strip() == "```sh":
            block = []
        elif block is not None and line.strip() == "```":
            blocks.append(textwrap.dedent("\n".join(block)) + "\n")
            block = None
        elif block is not None:
            block.append(line)
    if not any("-n 36000" in block for block in blocks) or not any("reboot" in block for block in blocks):
        raise SystemExit(f"{page} is another")
    for number, block in enumerate(blocks):
        (folder / f"{number:02}").write_text(block.replace("-n 36000", "-n 300"))


class Board(pi.Pi):
    """The board with the card, until it is off; its console is shown."""

    def __init__(self, folder, work, image):
        archive, kernel = pi.initramfs(folder, "card-init.sh", MODULES, [])
        (work / "root.cpio").write_bytes(archive)
        sd = f"-drive file={image},if=sd,format=raw,cache=unsafe"
        super().__init__(folder, work, kernel, sd, card.APPEND)

    def shown(self, wanted, end):
        line = self.until(wanted, end)
        print(line, flush=True)
        return line

    def is_off(self, end):
        """Until it is off by itself."""
        try:
            self.until(lambda line: False, end)
        except pi.TooLate:
            return False
        except SystemExit as ended:
            if str(ended) != "the Pi has gone off":
                raise
        return True


def boot(folder, image):
    start = time.monotonic()
    end = start + LIMIT
    boards = []
    try:
        with tempfile.TemporaryDirectory() as work:
            board = Board(folder, pathlib.Path(work), image)
            boards.append(board)
            board.shown(lambda line: "BOARD" in line, end)
            board.shown(lambda line: line.startswith("sudo dpkg"), end)
            print("the demo:", board.until(pi.event("raised"), end), flush=True)
            board.shown(lambda line: line == "sudo reboot", end)
            print("started anew by itself:", board.is_off(time.monotonic() + 90), flush=True)
            board.qemu.kill()
            board.qemu.wait()
        with tempfile.TemporaryDirectory() as work:
            board = Board(folder, pathlib.Path(work), image)
            boards.append(board)
            board.shown(lambda line: "BOARD" in line, end)
            if board.shown(lambda line: line.startswith("I2C1 "), end).split() != ["I2C1", "ok", "/dev/i2c-1"]:
                raise SystemExit("the bus is not there")
            board.shown(lambda line: line.startswith("oddity record"), end)
            board.shown(lambda line: line.startswith("oddity fit"), end)
            board.shown(lambda line: "enable --now" in line, end)
            board.shown(lambda line: "Started" in line and "oddity" in line, end)
            board.pin_is(card.RELAY, 0, end)
            board.odd = True
            print("the sensor:", board.until(pi.event("raised"), end), flush=True)
            board.pin_is(card.RELAY, 1, end)
            board.odd = False
            print("as before:", board.until(pi.event("cleared"), end), flush=True)
            board.pin_is(card.RELAY, 0, end)
            # It may have been said before the alert was over.
            if "ALL IS TYPED" not in board.console:
                board.until(lambda line: line == "ALL IS TYPED", end)
            print(f"newcomer: passed in {time.monotonic() - start:.0f} s")
    except BaseException:
        for board in boards:
            print("\n".join(board.console), file=sys.stderr)
        raise
    finally:
        for board in boards:
            board.qemu.kill()
            board.qemu.wait()


def main():
    match sys.argv[1:]:
        case ["steps", page, folder]:
            steps(pathlib.Path(page), pathlib.Path(folder))
        case ["boot", folder, image]:
            boot(pathlib.Path(folder).resolve(), image)
        case _:
            raise SystemExit(__doc__)


if __name__ == "__main__":
    main()
