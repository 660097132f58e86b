#!/usr/bin/env bash
# Runs menusync for https://pre-commit.com, which has a clone of menusync's repository for each of its revisions: what is fetched
# lies there, from where the clone is from and of its version.
#
#   fetched.sh COMMAND…
set -euo pipefail

clone=$(cd "$(dirname "$0")/../.." && pwd)
if [ ! -x "$clone/.bin/menusync" ]; then
    # Without what the caller's git is about.
    MENUSYNC_SOURCE=$(env -u GIT_DIR -u GIT_WORK_TREE -u GIT_INDEX_FILE git -C "$clone" remote get-url origin)
    MENUSYNC_VERSION=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$clone/Cargo.toml" | head -n 1)
    export MENUSYNC_SOURCE MENUSYNC_VERSION MENUSYNC_BIN="$clone/.bin"
    bash "$clone/deploy/ci/install.sh" >&2
fi
exec "$clone/.bin/menusync" "$@"
