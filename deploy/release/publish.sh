#!/usr/bin/env bash
# Uploads the crates to the registry, with the address of the repository in them; `cargo binstall` finds the release by it.
#
#   publish.sh REPOSITORY [--dry-run]
set -euo pipefail
# shellcheck source=deploy/release/common.sh
. "$(dirname "$0")/common.sh"

repository=${1:-}
[[ $repository =~ ^https://[A-Za-z0-9._/-]+[A-Za-z0-9_-]$ ]] || die "the address of the repository is \`$repository\`; write it as https://…"
[ -z "$(git status --porcelain --untracked-files=no)" ] || die 'there are changes that no commit has; commit them first'
# In a clone: the checkout stays what the tag says, and packages still know its commit.
clone=$(mktemp -d)
trap 'rm -rf "$clone"' EXIT
git clone --quiet . "$clone"
cargo_metadata() { cargo metadata --no-deps --format-version 1 --offline --manifest-path "$clone/Cargo.toml"; }
for manifest in "$clone"/Cargo.toml "$clone"/crates/*/Cargo.toml; do
    sed -i.old "s|^license.workspace = true$|&\nrepository = \"$repository\"|" "$manifest"
    rm "$manifest.old"
done
[ "$(cargo_metadata | jq --arg address "$repository" '[.packages[].repository == $address] | all')" = true ] ||
    die 'not every Cargo.toml has the line "license.workspace = true", after which the address goes'
export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$PWD/target}"
cd "$clone"
cargo publish --workspace --locked --allow-dirty "${@:2}"
