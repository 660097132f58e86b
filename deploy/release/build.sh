#!/usr/bin/env bash
# Builds the binary that is handed out, for one target: `target/TARGET/PROFILE/menusync`, without a path of this machine in it.
# The same commit and the same tools give the same bytes.
#
#   build.sh [TARGET]   [x86_64-unknown-linux-musl]
#
#   MENUSYNC_PROFILE    [dist]
#
# What C there is (SQLite, ring, mimalloc) is compiled by musl-gcc if the target is this machine's, by mingw for Windows, by
# Apple's compiler on a Mac, else, and where these are not there, by zig: `pip install -r deploy/release/tools.txt`.
set -euo pipefail
# shellcheck source=deploy/release/common.sh
. "$(dirname "$0")/common.sh"

target=${1:-x86_64-unknown-linux-musl}
profile=${MENUSYNC_PROFILE:-dist}

rustup target list --installed | grep -qxF "$target" || rustup target add "$target"

# The places of the sources are known when they are there.
cargo fetch --locked --quiet --target "$target"
# The compiler's place of the standard library's sources is already remapped by its makers; ours and the dependencies' are not.
registry="${CARGO_HOME:-$HOME/.cargo}/registry/src"
export RUSTFLAGS="${RUSTFLAGS:-} --remap-path-prefix=$PWD=menusync"
export CFLAGS="${CFLAGS:-} -ffile-prefix-map=$PWD=menusync"
for index in "$registry"/*/; do
    RUSTFLAGS+=" --remap-path-prefix=${index%/}=registry"
    CFLAGS+=" -ffile-prefix-map=${index%/}=registry"
done

machine=$(uname -m)-$(uname -s)
case $target in
*-apple-darwin) compiler=cc ;;
"${machine%-Linux}-unknown-linux-gnu") compiler=cc ;;
"${machine%-Linux}-unknown-linux-musl") compiler=musl-gcc ;;
x86_64-pc-windows-gnu) compiler=x86_64-w64-mingw32-gcc ;;
*) compiler= ;;
esac
build=zigbuild
[ -z "$compiler" ] || ! command -v "$compiler" >/dev/null || build=build
if [ "$build" = zigbuild ] && ! command -v cargo-zigbuild >/dev/null; then
    die "$target needs another C compiler than this machine has; type: pip install -r deploy/release/tools.txt"
fi
cargo "$build" --profile "$profile" --locked --target "$target" --bin menusync

binary=$(binary_of "$target")
[ -s "$binary" ] || die "cargo has left no $binary"
if grep -aqF -e "$PWD" -e "$registry" "$binary"; then
    die "$binary has paths of this machine in it"
fi
printf '%s: %s bytes\n' "$binary" "$(wc -c <"$binary" | tr -d ' ')"
