#!/usr/bin/env bash
# Assembles a CPU libtorch (PyTorch 2.13.0, for tch 0.26) out of PyPI wheels: 540 MB to download, 490
# MB on disk. For x86_64 Linux; for aarch64 it unpacks as well, but nothing was built on that yet.
# usage: ./setup.sh [FOLDER]       the default is libtorch beside this file, where cargo looks for it
set -euo pipefail
ver=2.13.0
fail() { echo "setup.sh: $*" >&2; exit 1; }
here=$(cd "$(dirname "$0")" && pwd)
dest=${1-$here/libtorch}
case $dest in
"" | -*) fail "usage: ./setup.sh [FOLDER]" ;;
/*) ;;
*) dest=$PWD/$dest ;;
esac
while [ "$dest" != "${dest%/}" ]; do dest=${dest%/}; done # for names beside it
found=$(cat "$dest/build-version" 2>/dev/null || true)
say_next() {
    echo "libtorch ${found:-$ver} is in $dest"
    [ "$dest" = "$here/libtorch" ] || echo "now: export LIBTORCH='$dest'"
}
case $found in
"$ver" | "$ver"+*) say_next; exit 0 ;;
esac
# Only a libtorch, or what is empty, is replaced.
if [ -n "$found" ] && [ -d "$dest/include/torch" ]; then
    echo "libtorch $found is in $dest, and will be replaced"
elif [ -e "$dest" ] && { [ ! -d "$dest" ] || [ -n "$(ls -A "$dest")" ]; }; then
    fail "$dest is there and is no libtorch: move it away, or name another folder"
fi
machine=$(uname -m)
case $(uname -s)/$machine in
Linux/x86_64 | Linux/aarch64) ;;
*) fail "only Linux on x86_64 or aarch64, not $(uname -sm): install PyTorch $ver and build with LIBTORCH_USE_PYTORCH=1" ;;
esac
command -v python3 >/dev/null || fail "python3 is missing: install it (Debian: apt install python3 python3-pip)"
python3 -m pip --version >/dev/null 2>&1 || fail "python3 has no pip: install it (Debian: apt install python3-pip)"
command -v cc >/dev/null || fail "there is no C compiler cc: install gcc or clang (Debian: apt install g++)"
mkdir -p "$(dirname "$dest")"
free=$(df -Pk "$(dirname "$dest")" | awk 'NR == 2 { print $4 }')
[ "$free" -gt 2000000 ] || fail "2 GB of free disk are needed for $dest: there are $((free / 1000)) MB"
tmp=$(mktemp -d "$dest.XXXXXX") # On the same disk, so that the last step is a rename.
trap 'rm -rf "$tmp"' EXIT
echo "downloading the wheels of torch $ver: up to 540 MB"
platforms=(--platform "manylinux2014_$machine")
for glibc in 2_28 2_27 2_25 2_17; do platforms+=(--platform "manylinux_${glibc}_$machine"); done
# No environment, no dependencies of torch: the wheels are only unpacked. Any Python tag has the same
# C++ libraries. The CPU's library is linked with two small ones of CUDA, with or without a GPU.
python3 -m pip download -q --no-deps -d "$tmp/wheels" --only-binary=:all: --python-version 3.11 \
    "${platforms[@]}" "torch==$ver" nvidia-cuda-runtime==13.0.96 nvidia-cuda-cupti==13.0.85 ||
    fail "the wheels of torch $ver cannot be downloaded: see above, and whether pypi.org can be reached"
mkdir -p "$tmp/lib/lib"
python3 - "$tmp/wheels" "$tmp/lib" <<'P'
import glob, os, shutil, sys, zipfile
wheels, dest = sys.argv[1:]
# The last two are what the CPU's library needs on aarch64.
LIBRARIES = ("libtorch_cpu.so", "libc10.so", "libgomp.so.1", "libarm_compute", "libnvpl_")
def put(wheel, name, to):
    os.makedirs(os.path.dirname(to), exist_ok=True)
    with wheel.open(name) as source, open(to, "wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
for path in glob.glob(wheels + "/*.whl"):
    wheel = zipfile.ZipFile(path)
    for name in wheel.namelist():
        folder, base = os.path.split(name)
        if not base:
            continue
        if name.startswith("torch/include/"):
            put(wheel, name, f"{dest}/{name[6:]}")
        elif folder == "torch/lib" and base.startswith(LIBRARIES) or base in ("libcudart.so.13", "libcupti.so.13"):
            put(wheel, name, f"{dest}/lib/{base}")
P
# The wheel's libtorch.so is a stub that needs the CUDA library: one that needs only the CPU's.
echo | cc -x c - -shared -fPIC -o "$tmp/lib/lib/libtorch.so" -Wl,-soname,libtorch.so \
    -Wl,--no-as-needed -L"$tmp/lib/lib" -ltorch_cpu -Wl,--unresolved-symbols=ignore-all -Wl,-rpath,'$ORIGIN' ||
    fail "cc cannot link libtorch.so: see above"
ln -sf libgomp.so.1 "$tmp/lib/lib/libgomp.so"
echo "$ver" >"$tmp/lib/build-version"
rm -rf "$dest"
mv "$tmp/lib" "$dest"
found=$ver
say_next
