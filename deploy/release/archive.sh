#!/usr/bin/env bash
# Packs what `build.sh` has made for a target, with licences, manual pages, completions and the files of `deploy/`, and writes
# what it is made of (CycloneDX) beside it. The same files give the same bytes.
#
#   archive.sh TARGET
#
#   MENUSYNC_RUNS   a menusync that runs here and prints manual pages and completions [the one that is packed, else that of
#                   x86_64-unknown-linux-musl]
set -euo pipefail
# shellcheck source=deploy/release/common.sh
. "$(dirname "$0")/common.sh"

target=$1
binary=$(binary_of "$target")
[ -f "$binary" ] || die "there is no $binary; type: deploy/release/build.sh $target"
archive=$(archive_of "$target")
name=${archive##*/}
name=${name%.tar.gz}
name=${name%.zip}
stage=$out/stage/$name
rm -rf "$stage"
mkdir -p "$stage"/{man,completions}

# Pages and completions are the same for every target.
runs=
for candidate in ${MENUSYNC_RUNS:+"$MENUSYNC_RUNS"} "$binary" "$(binary_of x86_64-unknown-linux-musl)"; do
    if answer=$("$candidate" --version 2>/dev/null); then
        runs=$candidate
        break
    fi
done
[ -n "$runs" ] || die "no menusync for this machine, which prints the manual pages; type: deploy/release/build.sh"
[[ $answer == "menusync $version"* ]] || die "$runs is not of version $version, but $answer"

"$runs" man >"$stage/man/menusync.1"
sed -n 's/\\-/-/g; s/^menusync-\([a-z-]*\)(1)$/\1/p' "$stage/man/menusync.1" >"$stage/commands"
[ -s "$stage/commands" ] || die 'menusync(1) lists no commands'
while read -r command; do
    "$runs" man "$command" >"$stage/man/menusync-$command.1"
done <"$stage/commands"
rm "$stage/commands"
"$runs" completions bash >"$stage/completions/menusync.bash"
"$runs" completions zsh >"$stage/completions/_menusync"
"$runs" completions fish >"$stage/completions/menusync.fish"
"$runs" completions powershell >"$stage/completions/menusync.ps1"

cp "$binary" README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT "$stage/"
deploy/release/licences.sh "$target" >"$stage/LICENSES-THIRD-PARTY"
# What only makes releases is of no use to who has one.
git ls-files deploy | grep -Ev '^deploy/(homebrew|nix|package|release)/' | while read -r file; do
    mkdir -p "$stage/${file%/*}"
    cp "$file" "$stage/$file"
done

# Rights, owners, order and times are those of the release, not those of this machine.
chmod -R u=rwX,go=rX "$stage"
rm -f "$archive"
if is_windows "$target"; then
    find "$stage" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +
    (cd "$out/stage" && find "$name" -type f | sort | zip -q -9 -X -@ "../${archive##*/}")
else
    # A Mac has GNU's under another name.
    tar=$(command -v gtar || command -v tar)
    "$tar" --create --sort=name --mtime="@$SOURCE_DATE_EPOCH" --owner=0 --group=0 --numeric-owner --format=ustar \
        --directory "$out/stage" "$name" | gzip -9 -n >"$archive"
fi

if command -v cargo-cyclonedx >/dev/null; then
    # It writes beside every manifest; only what is handed out is told of.
    cargo cyclonedx --format json --target "$target" --override-filename menusync.cdx --quiet
    sed "s|file://$PWD|file:///menusync|g" menusync.cdx.json >"$out/$name.cdx.json"
    rm -f menusync.cdx.json crates/*/menusync.cdx.json
else
    echo "no SBOM of $target: there is no cargo-cyclonedx" >&2
fi
printf '%s: %s bytes\n' "$archive" "$(wc -c <"$archive" | tr -d ' ')"
