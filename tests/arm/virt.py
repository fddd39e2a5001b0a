#!/usr/bin/env python3
"""An emulated 64-bit ARM machine without a disk, QEMU's virt, and a script as its first program.

    tests/arm/virt.py FOLDER SCRIPT MODULES [PLACE=FILE ...]

FOLDER is what fetch.sh filled; SCRIPT is one of this folder, MODULES are the kernel's that it loads, with commas
between. FILEs are copied to PLACEs of the machine, and may be run there. Shows the machine's console, and ends with code 1
unless a line of it is PASSED.
"""

import os
import pathlib
import subprocess
import sys
import tempfile

import pi

LIMIT = 300  # seconds for all of it; it takes 10 where nothing else runs


def main():
    if len(sys.argv) < 4:
        raise SystemExit(__doc__)
    folder, script, modules = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2], sys.argv[3]
    more, made = [], {"lib", "bin"}
    for word in sys.argv[4:]:
        place, _, file = word.partition("=")
        parent = str(pathlib.PurePath(place).parent)
        if parent != "." and parent not in made:
            made.add(parent)
            more.append((parent, 0o040755, b""))
        more.append((place, 0o100755, pathlib.Path(file).read_bytes()))
    archive, kernel = pi.initramfs(folder, script, modules.split(","), more)
    root = folder / "qemu/usr"
    libraries = [str(path) for path in folder.glob("qemu/**/x86_64-linux-gnu")]
    environment = dict(os.environ, LD_LIBRARY_PATH=":".join(libraries), QEMU_MODULE_DIR=f"{root}/lib")
    with tempfile.NamedTemporaryFile(suffix=".cpio") as file:
        file.write(archive)
        file.flush()
        command = f"""{root}/bin/qemu-system-aarch64 -L {root}/share/qemu -M virt -cpu cortex-a53 -m 512
            -kernel {folder}/pi/boot/vmlinuz-{kernel} -initrd {file.name}
            -display none -serial stdio -monitor none -nic none -no-reboot"""
        ran = subprocess.run(
            command.split() + ["-append", "console=ttyAMA0 loglevel=1 panic=-1 rdinit=/init"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            timeout=LIMIT,
        )
    console = [line.strip() for line in ran.stdout.decode(errors="replace").splitlines()]
    print("\n".join(line for line in console if line))
    if "PASSED" not in console:
        raise SystemExit(f"{script}: failed")


if __name__ == "__main__":
    main()
