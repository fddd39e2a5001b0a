#!/usr/bin/env bash
# cargo runs rustc through this (.cargo/config.toml): it says at once when libtorch is missing or of
# another version. Without it torch-sys does, after minutes and in pages of C++ errors.
folder=${LIBTORCH:-$(dirname "$0")/libtorch}
say() {
    {
        echo "$1"
        echo "tools/train/README.md has the ways to libtorch 2.13.0: ./setup.sh gets one for the CPU,"
        echo "LIBTORCH=FOLDER takes one that you have, LIBTORCH_USE_PYTORCH=1 that of an installed PyTorch."
    } >&2
    exit 1
}
# Where the headers are is otherwise said, or asked of Python, by torch-sys.
if [ -z "$LIBTORCH_USE_PYTORCH$LIBTORCH_INCLUDE" ]; then
    [ -f "$folder/include/torch/csrc/api/include/torch/torch.h" ] ||
        say "There is no libtorch in $folder: no include/torch/csrc/api/include/torch/torch.h."
    version=2.13.0
    [ ! -r "$folder/build-version" ] || read -r version <"$folder/build-version"
    case $version in
    2.13.0*) ;;
    *) say "The libtorch in $folder is of version $version, not 2.13.0." ;;
    esac
fi
exec "$@"
