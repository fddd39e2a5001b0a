#!/usr/bin/env bash
# Assembles a CPU libtorch (PyTorch 2.13.0, for tch 0.26) out of PyPI wheels: 540 MB to download, 490
# MB on disk. Tried on x86_64 Linux only.
# usage: ./setup.sh [FOLDER]       the default is ./libtorch, where cargo looks for it
set -euo pipefail
cd "$(dirname "$0")"
dest=${1:-libtorch} ver=2.13.0
fail() { echo "setup.sh: $*" >&2; exit 1; }
if [ "$(cat "$dest/build-version" 2>/dev/null)" = "$ver" ]; then
    echo "libtorch $ver is in $dest"
    exit 0
fi
[ "$(uname -sm)" = "Linux x86_64" ] || fail "only x86_64 Linux: elsewhere install PyTorch $ver and build with LIBTORCH_USE_PYTORCH=1"
command -v cc >/dev/null || fail "no C compiler: install gcc or clang"
python3 -m pip --version >/dev/null 2>&1 || fail "python3 with pip is needed to download the wheels"
[ "$(df -Pk . | awk 'NR==2 {print $4}')" -gt 2000000 ] || fail "2 GB of free disk are needed here"
tmp=$(mktemp -d "$PWD/libtorch.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
# No environment, no dependencies of torch: the wheels are only unpacked. Any Python tag has the
# same C++ libraries.
python3 -m pip download -q --no-deps -d "$tmp/wheels" --only-binary=:all: \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_27_x86_64 --platform manylinux_2_25_x86_64 \
    --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 --python-version 3.11 \
    "torch==$ver" nvidia-cuda-runtime==13.0.96 nvidia-cuda-cupti==13.0.85 ||
    fail "the wheels of torch $ver cannot be downloaded"
mkdir -p "$tmp/lib/lib"
python3 - "$tmp/wheels" "$tmp/lib" <<'P'
import glob, os, shutil, sys, zipfile
wheels, dest = sys.argv[1:]
LIBRARIES = ("torch/lib/libtorch_cpu.so", "torch/lib/libc10.so", "torch/lib/libgomp.so.1")
def put(wheel, name, to):
    os.makedirs(os.path.dirname(to), exist_ok=True)
    with wheel.open(name) as source, open(to, "wb") as target:
        shutil.copyfileobj(source, target, 1 << 20)
for path in glob.glob(wheels + "/*.whl"):
    wheel = zipfile.ZipFile(path)
    for name in wheel.namelist():
        base = os.path.basename(name)
        if name.endswith("/"):
            continue
        if name.startswith("torch/include/"):
            put(wheel, name, f"{dest}/{name[6:]}")
        elif name in LIBRARIES or base in ("libcudart.so.13", "libcupti.so.13"):
            put(wheel, name, f"{dest}/lib/{base}")
P
# The wheel's libtorch.so is a stub that needs the CUDA library: one that needs only the CPU's.
echo | cc -x c - -shared -fPIC -o "$tmp/lib/lib/libtorch.so" -Wl,-soname,libtorch.so \
    -Wl,--no-as-needed -L"$tmp/lib/lib" -ltorch_cpu -Wl,--unresolved-symbols=ignore-all -Wl,-rpath,'$ORIGIN'
ln -sf libgomp.so.1 "$tmp/lib/lib/libgomp.so"
echo "$ver" >"$tmp/lib/build-version"
rm -rf "$dest"
mv "$tmp/lib" "$dest"
echo "libtorch $ver is in $dest"
[ "$dest" = libtorch ] || echo "now: export LIBTORCH=$(realpath "$dest")"
