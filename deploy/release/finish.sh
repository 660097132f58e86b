#!/usr/bin/env bash
# Writes the checksums of all that was made for a release, and the Homebrew formula and the Nix flake that name them.
#
#   finish.sh REPOSITORY   its address, such as https://forge.example/OWNER/menusync
#
#   MENUSYNC_RELEASES   where the files will be [REPOSITORY/releases/download/vVERSION]
set -euo pipefail
# shellcheck source=deploy/release/common.sh
. "$(dirname "$0")/common.sh"

repository=${1:-}
[[ $repository =~ ^https://[A-Za-z0-9._/-]+[A-Za-z0-9_-]$ ]] || die "the address of the repository is \`$repository\`; write it as https://…"
releases=${MENUSYNC_RELEASES:-$repository/releases/download/v$version}
[[ $releases =~ ^https://[A-Za-z0-9._/-]+[A-Za-z0-9_-]$ ]] || die "MENUSYNC_RELEASES is \`$releases\`; write it as https://…"

templates=$PWD/deploy
cd "$out"
# This version's, and not what an earlier one left here.
files=()
for file in menusync-"$version"-*.tar.gz menusync-"$version"-*.zip menusync-"$version"-*.cdx.json menusync_"$version"-*.deb menusync-"$version"-*.rpm; do
    [ -f "$file" ] || continue
    [ -s "$file" ] || die "$PWD/$file is empty; make it again"
    files+=("$file")
done
[ "${#files[@]}" -gt 0 ] || die "there is nothing in $PWD; type: deploy/release/archive.sh TARGET"
sha256 "${files[@]}" >SHA256SUMS

# A formula that lacks a machine would fail there.
fill() {
    local text target sum
    text=$(<"$templates/$1")
    text=${text//@REPOSITORY@/$repository}
    text=${text//@RELEASES@/$releases}
    text=${text//@VERSION@/$version}
    while [[ $text =~ @SHA256:([a-z0-9_-]+)@ ]]; do
        target=${BASH_REMATCH[1]}
        sum=$(awk -v file="menusync-$version-$target.tar.gz" '$2 == file { print $1 }' SHA256SUMS)
        if [ -z "$sum" ]; then
            rm -f "$2"
            echo "no $2: there is no archive for $target" >&2
            return
        fi
        text=${text//"@SHA256:$target@"/$sum}
    done
    printf '%s\n' "$text" >"$2"
}
fill homebrew/menusync.rb.in menusync.rb
fill nix/flake.nix.in flake.nix
cat SHA256SUMS
