# To be sourced (bash), in the repository's root: what a build for another machine needs.
#
# `cross_tools TARGET FEATURES [PROFILE]` puts zig, as linker and C compiler, and cargo-zigbuild from PyPI into
# `target/cross` and on PATH, and sees to the standard library: from rustup, or from its source, where rustup has none for
# the target and for the profile `small`. It sets `folder`, Cargo's target folder, and `std`, what Cargo has to be told
# besides; RUSTFLAGS may grow. What has a standard library from its source is built in `target/own-std`: Cargo would
# build the macros and build scripts of the others anew each time, and theirs for it.
# `fail MESSAGE` ends the script.
zig=0.17.1
zigbuild=0.24.1

fail() { echo "$(basename "$0" .sh): $*" >&2 && exit 2; }

cross_tools() {
    local target=$1 features=$2 profile=${3:-} library tools
    # zig, in a folder that `cargo clean` removes.
    folder=${CARGO_TARGET_DIR:-target}
    tools=$folder/cross
    if ! [ -x "$tools/bin/cargo-zigbuild" ]; then
        python3 -m venv "$tools" || fail "python3 with venv is needed: apt-get install python3-venv"
        "$tools/bin/pip" install --quiet "ziglang==$zig" "cargo-zigbuild==$zigbuild"
    fi
    PATH=$(cd "$tools/bin" && pwd):$PATH
    CARGO_ZIGBUILD_ZIG_PATH=$("$tools/bin/python" -c 'import os, ziglang; print(os.path.dirname(ziglang.__file__) + "/zig")')
    export PATH CARGO_ZIGBUILD_ZIG_PATH

    # The standard library. For the smallest program it is built for size, and without what reads debug information, of
    # which a stripped program has none.
    std=()
    library=$(rustc --print sysroot)/lib/rustlib
    if [ "$profile" = small ] ||
        { ! [ -d "$library/$target/lib" ] && ! RUST_BACKTRACE=0 rustup target add "$target"; }; then
        [ -d "$library/src/rust/library" ] || rustup component add rust-src ||
            fail "no source of the standard library (rust-src) to build it from"
        folder=$folder/own-std
        export RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR=$folder
        std=(-Zbuild-std=std,panic_abort)
        [ "$profile" != small ] || std+=(-Zbuild-std-features=optimize_for_size)
        # rustup's libraries for musl have its start files with them; here they are zig's.
        [[ $target != *-musl* ]] || export RUSTFLAGS="${RUSTFLAGS:-} -C link-self-contained=no"
    fi

    # zig's assembler knows no NEON where the processor is an ARMv6; GNU's takes it, and tract asks before it uses it.
    case $target/$features in
    arm-*/whole | arm-*tract*)
        command -v arm-linux-gnueabihf-gcc >/dev/null ||
            fail "tract has NEON in assembly, which needs GNU's for an ARMv6: apt-get install gcc-arm-linux-gnueabihf"
        export "CC_${target//-/_}=arm-linux-gnueabihf-gcc" "AR_${target//-/_}=arm-linux-gnueabihf-ar"
        ;;
    esac
}
