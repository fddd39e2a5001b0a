# To be sourced (bash), in the folder that downloads go into: Debian's packages for other processors, without touching
# this machine's apt.
#
# `apt_lists ARCHITECTURE SUITE...` fetches the lists of packages into ./apt; it ends the script with code 69 where
# Debian's mirror cannot be reached. `apt_of ARCHITECTURE TOOL WORDS...` is apt-get or apt-cache with them.
apt_folder=$PWD/apt
mirror=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
    grep -v '^#' | grep -oE 'https?://[^ ]+/debian/? *$' | head -n 1) || true
mirror=${mirror:-http://deb.debian.org/debian}

apt_of() { # ARCHITECTURE TOOL WORDS...
    local architecture=$1 tool=$2
    shift 2
    "$tool" -qq -o APT::Architecture="$architecture" -o APT::Architectures::="$architecture" \
        -o Dir::Etc::SourceList="$apt_folder/$architecture/sources.list" -o Dir::Etc::SourceParts=/dev/null \
        -o Dir::State::Lists="$apt_folder/$architecture/lists" -o Dir::Cache="$apt_folder/$architecture/cache" \
        -o APT::Sandbox::User= -o Debug::NoLocking=1 -o Acquire::Languages=none "$@"
}

apt_lists() { # ARCHITECTURE SUITE...
    local architecture=$1 suite
    shift
    mkdir -p "$apt_folder/$architecture"/{lists/partial,cache/archives/partial}
    for suite; do
        echo "deb [arch=$architecture signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] ${mirror%/} $suite main"
    done >"$apt_folder/$architecture/sources.list"
    apt_of "$architecture" apt-get update -o APT::Update::Error-Mode=any || exit 69
}
