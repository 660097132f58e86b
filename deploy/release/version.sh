#!/usr/bin/env bash
# Refuses a tag that is not the version of this commit, or prints what the changelog has of the version.
#
#   version.sh TAG | --notes
set -euo pipefail
# shellcheck source=deploy/release/common.sh
. "$(dirname "$0")/common.sh"

notes() { awk -v head="## [$version]" 'index($0, "## ") == 1 { inside = index($0, head) == 1; next } inside' CHANGELOG.md; }

[ -n "$(notes)" ] || die "CHANGELOG.md has no section \"## [$version]\" with text in it; write it, with the date, before the tag"
if [ "${1:-}" = --notes ]; then
    notes
else
    [ "${1:-}" = "v$version" ] || die "the tag is \`${1:-}\`, and Cargo.toml has version $version; the tag must be v$version"
fi
