#!/usr/bin/env bash
# Makes all that a release hands out for these targets, below target/release-files: builds, archives, packages for Linux.
#
#   run.sh [TARGET…]   [the two of Linux and that of Windows]
set -euo pipefail
# shellcheck source=deploy/release/common.sh
. "$(dirname "$0")/common.sh"

[ $# -gt 0 ] || set -- x86_64-unknown-linux-musl aarch64-unknown-linux-musl x86_64-pc-windows-gnu
for target in "$@"; do
    deploy/release/build.sh "$target"
    deploy/release/archive.sh "$target"
    [[ $target != *-linux-* ]] || deploy/release/packages.sh "$target"
done
