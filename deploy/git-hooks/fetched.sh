#!/usr/bin/env bash
# Runs menusync for https://pre-commit.com, which has a clone of menusync's repository for each of its revisions. What is fetched
# lies there: the release, where the revision is its tag; else it is built of the clone.
#
#   fetched.sh COMMAND…
set -euo pipefail

clone=$(cd "$(dirname "$0")/../.." && pwd)
if ! "$clone/.bin/menusync" --version >/dev/null 2>&1; then
    # Without what the caller's git is about.
    in_clone() { env -u GIT_DIR -u GIT_WORK_TREE -u GIT_INDEX_FILE git -C "$clone" "$@"; }
    version=$(sed -n 's/^version = "\(.*\)"$/\1/p' "$clone/Cargo.toml" | head -n 1)
    export MENUSYNC_BIN="$clone/.bin" MENUSYNC_SOURCE="$clone" MENUSYNC_VERSION=
    code=3
    # A commit after a release has its version and other code.
    if in_clone tag --points-at HEAD | grep -qxF "v$version"; then
        code=0
        MENUSYNC_SOURCE=$(in_clone remote get-url origin) MENUSYNC_VERSION=$version \
            bash "$clone/deploy/ci/install.sh" fetch >&2 || code=$?
    fi
    if [ "$code" = 3 ]; then
        bash "$clone/deploy/ci/install.sh" >&2
    elif [ "$code" != 0 ]; then
        exit "$code"
    fi
fi
exec "$clone/.bin/menusync" "$@"
