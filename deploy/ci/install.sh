#!/usr/bin/env bash
# Puts menusync where a check finds it: the binary of a release, whose checksum must be right, else one that is built here.
#
#   install.sh [fetch]   `fetch`: no build; ends with 3 where no release has a binary for this machine
#
#   MENUSYNC_SOURCE    the address of menusync's repository (https://…), or a directory with its source
#   MENUSYNC_VERSION   the release, such as 0.1.0; without it the newest source is built
#   MENUSYNC_SHA256    the checksum of its archive for this machine, from its SHA256SUMS. Without it the SHA256SUMS beside the
#                      archive counts, which finds a damaged download and no exchanged release
#   MENUSYNC_RELEASES  where its files are [MENUSYNC_SOURCE/releases/download/vMENUSYNC_VERSION]
#   MENUSYNC_BIN       the directory for the binary [$HOME/.cargo/bin]
set -euo pipefail

source=${MENUSYNC_SOURCE:-}
version=${MENUSYNC_VERSION:-}
expected=${MENUSYNC_SHA256:-}
releases=${MENUSYNC_RELEASES:-}
bin=${MENUSYNC_BIN:-$HOME/.cargo/bin}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

die() {
    printf 'install.sh: %s\n' "$1" >&2
    exit "${2:-1}"
}

say() { printf 'menusync: %s\n' "$1" >&2; }

is_checksum() { [[ $1 =~ ^[0-9a-f]{64}$ ]]; }

# What a release calls this machine; nothing if there is none for it.
target() {
    case $(uname -s)-$(uname -m) in
    Linux-x86_64 | Linux-amd64) echo x86_64-unknown-linux-musl ;;
    Linux-aarch64 | Linux-arm64) echo aarch64-unknown-linux-musl ;;
    Darwin-x86_64) echo x86_64-apple-darwin ;;
    Darwin-arm64) echo aarch64-apple-darwin ;;
    MINGW*-x86_64 | MSYS*-x86_64) echo x86_64-pc-windows-gnu ;;
    esac
}

# Fails where the file is not there. A network that does not work says nothing about that, and ends everything.
download() {
    local status
    status=$(curl --proto '=https' --fail --silent --show-error --location --retry 2 --connect-timeout 20 --max-time 300 \
        --output "$work/$1" --write-out '%{http_code}' "$releases/$1") && return
    [ "$status" = 404 ] || die "could not fetch $releases/$1; nothing was installed"
    return 1
}

sum_of() { { sha256sum "$1" 2>/dev/null || shasum -a 256 "$1"; } | cut -d' ' -f1; }

# Fails where there is nothing to fetch; ends everything where what was fetched is not what it should be.
fetch() {
    local machine name file program=menusync actual
    [ -n "$version" ] || { say 'MENUSYNC_VERSION is not set: there is no release to fetch'; return 1; }
    machine=$(target)
    [ -n "$machine" ] || { say "no release is for this machine ($(uname -s) $(uname -m))"; return 1; }
    name=menusync-$version-$machine file=menusync-$version-$machine.tar.gz
    [[ $machine != *windows* ]] || file=$name.zip program=menusync.exe
    download "$file" || { say "there is no $releases/$file"; return 1; }
    if [ -z "$expected" ]; then
        download SHA256SUMS || die "there is no $releases/SHA256SUMS, by which $file is checked; set MENUSYNC_SHA256"
        expected=$(awk -v file="$file" '$2 == file || $2 == "*" file { print $1 }' "$work/SHA256SUMS")
        is_checksum "$expected" || die "$releases/SHA256SUMS has no checksum of $file; nothing was installed"
    fi
    actual=$(sum_of "$work/$file")
    [ "$actual" = "$expected" ] ||
        die "$releases/$file is not what it should be: its SHA-256 is $actual, expected $expected; nothing was installed"
    # One file is taken, whatever else the archive has.
    case $file in
    *.zip) unzip -p "$work/$file" "$name/$program" >"$work/$program" ;;
    *) tar -xzOf "$work/$file" "$name/$program" >"$work/$program" ;;
    esac || die "$releases/$file has no $name/$program; nothing was installed"
    place "$work/$program"
    if [ -n "${MENUSYNC_SHA256:-}" ]; then
        say "installed $version for $machine; it has the checksum that was given"
    else
        say "installed $version for $machine, checked by SHA256SUMS of the same place; MENUSYNC_SHA256=$actual pins it"
    fi
}

# Whole or not at all, and only what runs here. Others may do the same at the same moment.
place() {
    local new to=$bin/${1##*/}
    chmod 755 "$1"
    "$1" --version >/dev/null || die "$1 does not run on this machine; nothing was installed"
    { mkdir -p "$bin" && new=$(mktemp "$bin/.menusync.XXXXXX") && cp "$1" "$new" && chmod 755 "$new" && mv -f "$new" "$to"; } ||
        die "could not write $to; MENUSYNC_BIN names another directory"
}

build() {
    command -v cargo >/dev/null || die 'nothing to install: there is neither a release to fetch nor cargo to build with'
    local from=(--git "$source")
    if [ -d "$source" ]; then
        from=(--path "$source")
    elif [ -n "$version" ]; then
        from+=(--tag "v$version")
    fi
    say "building it of ${from[*]}, which takes minutes"
    cargo install --locked "${from[@]}" --root "$work/built" menusync
    place "$work"/built/bin/menusync*
}

# As a clone may name it.
if [ ! -d "$source" ]; then
    case $source in
    ssh://git@*) source=https://${source#ssh://git@} ;;
    git@*:*) source=${source#git@} source=https://${source/:/\/} ;;
    esac
    source=${source%/}
    source=${source%.git}
    [ -z "$source" ] || [[ $source == https://* ]] ||
        die "MENUSYNC_SOURCE is \`$source\`; write an address with https:// or a directory" 64
fi
[ -n "$source$releases" ] || die 'set MENUSYNC_SOURCE to the address of menusync'"'"'s repository' 64
[ -z "$version" ] || [[ $version =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.]+)?$ ]] ||
    die "MENUSYNC_VERSION is \`$version\`; write a version such as 0.1.0" 64
[ -z "$expected" ] || is_checksum "$expected" ||
    die "MENUSYNC_SHA256 is \`$expected\`; write 64 digits 0-9, a-f, as SHA256SUMS of the release has them" 64
releases=${releases:-$source/releases/download/v$version}

if ! fetch; then
    [ "${1:-}" != fetch ] || exit 3
    # A checksum that was given is that of a release: what is built here cannot have it.
    [ -z "${MENUSYNC_SHA256:-}" ] || die 'MENUSYNC_SHA256 is set, and what would be built here has another checksum; nothing was installed'
    [ -n "$source" ] || die 'MENUSYNC_SOURCE is not set: there is nothing to build'
    build
fi
[ -z "${GITHUB_PATH:-}" ] || printf '%s\n' "$bin" >>"$GITHUB_PATH"
