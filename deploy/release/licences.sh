#!/usr/bin/env bash
# Prints the licences of everything that is linked into the binary for a target: the files that each crate ships, else the
# names that it gives them.
#
#   licences.sh TARGET
set -euo pipefail
# shellcheck source=deploy/release/common.sh
. "$(dirname "$0")/common.sh"

target=$1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cargo metadata --format-version 1 --locked --filter-platform "$target" >"$work/metadata.json"
jq -r '.packages[] | select(.source != null) | [.name, .version, .license // "", .manifest_path] | @tsv' "$work/metadata.json" |
    sort >"$work/known"
# What is only built with, such as macros and their parsers, is not handed out.
cargo tree --package menusync --edges normal,no-proc-macro --target "$target" --prefix none --format '{p}' --locked |
    awk '$2 ~ /^v/ { print $1 "\t" substr($2, 2) }' | sort -u >"$work/linked"
while IFS=$'\t' read -r name number; do
    [[ $name != menusync* ]] || continue
    line=$(awk -F '\t' -v name="$name" -v number="$number" '$1 == name && $2 == number' "$work/known" | head -n 1)
    IFS=$'\t' read -r _ _ licence manifest <<<"$line"
    printf '\n== %s %s: %s\n' "$name" "$number" "$licence"
    find "${manifest%/*}" -type f ! -name '*.rs' \( -iname 'licen[sc]e*' -o -iname 'copying*' -o -iname 'notice*' -o -iname 'unlicense*' \) | sort >"$work/files"
    while read -r file; do
        # The same text is written once.
        sum=$(sha256 "$file" | cut -d' ' -f1)
        if [ -e "$work/text.$sum" ]; then
            printf '\n-- %s: as in %s\n' "${file##*/}" "$(cat "$work/text.$sum")"
        else
            echo "$name" >"$work/text.$sum"
            printf '\n-- %s\n\n' "${file##*/}"
            cat "$file"
        fi
    done <"$work/files"
done <"$work/linked"

# What no crate is, and is linked all the same.
printf '\n== standard library of Rust: MIT OR Apache-2.0 (https://github.com/rust-lang/rust)\n'
case $target in
*-musl) printf '\n== musl: MIT (https://git.musl-libc.org/cgit/musl/tree/COPYRIGHT)\n' ;;
*-windows-gnu) printf '\n== runtime of mingw-w64: ZPL-2.1 and public domain (https://www.mingw-w64.org)\n' ;;
esac
