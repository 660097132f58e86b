#!/usr/bin/env bash
# Makes a .deb and a .rpm of what `archive.sh` has packed for a Linux target: the program with its units, users, settings,
# manual pages and completions. Needs `cargo-deb` and `cargo-generate-rpm`.
#
#   packages.sh TARGET
set -euo pipefail
# shellcheck source=deploy/release/common.sh
. "$(dirname "$0")/common.sh"

target=$1
machine=${target%%-*}
case $machine in
x86_64) debian=amd64 ;;
aarch64) debian=arm64 ;;
*) die "Debian has no name for $machine" ;;
esac
stage=$out/stage/menusync-$version-$target
[ -d "$stage" ] || die "there is no $stage; type: deploy/release/archive.sh $target"
for tool in cargo-deb cargo-generate-rpm; do
    command -v "$tool" >/dev/null || die "there is no $tool; type: cargo install --locked $tool"
done

# As it will lie on the machine; `Cargo.toml` names these places.
root=$out/root
rm -rf "$root"
put() { install -D -m "$1" "$2" "$root/$3"; }
put 755 "$stage/menusync" usr/bin/menusync
put 755 deploy/systemd/menusync-pull usr/bin/menusync-pull
put 755 deploy/package/configured usr/share/menusync/configured
for unit in deploy/systemd/*.service deploy/systemd/*.timer; do
    put 644 "$unit" "usr/lib/systemd/system/${unit##*/}"
    sed -i 's|/usr/local/bin/|/usr/bin/|' "$root/usr/lib/systemd/system/${unit##*/}"
done
put 644 deploy/package/menusync.sysusers usr/lib/sysusers.d/menusync.conf
put 644 deploy/systemd/menusync-pull.sysusers usr/lib/sysusers.d/menusync-pull.conf
put 644 deploy/systemd/gitconfig etc/menusync/gitconfig
for page in "$stage"/man/*; do
    put 644 "$page" "usr/share/man/man1/${page##*/}"
    gzip -9 -n "$root/usr/share/man/man1/${page##*/}"
done
put 644 "$stage/completions/menusync.bash" usr/share/bash-completion/completions/menusync
put 644 "$stage/completions/menusync.fish" usr/share/fish/vendor_completions.d/menusync.fish
put 644 "$stage/completions/_menusync" usr/share/zsh/site-functions/_menusync
for document in README.md CHANGELOG.md LICENSE-APACHE LICENSE-MIT LICENSES-THIRD-PARTY; do
    put 644 "$stage/$document" "usr/share/doc/menusync/$document"
done
cp -r "$stage/deploy" "$root/usr/share/menusync/deploy"
# They are where they belong already; what is left are drop-ins, for those who want them.
find "$root/usr/share/menusync/deploy/systemd" -maxdepth 1 -type f -delete
find "$root" -exec touch -h -d "@$SOURCE_DATE_EPOCH" {} +

cargo deb --no-build --no-strip --target "$target" --deb-version "$version-1" --output "$out/menusync_$version-1_$debian.deb"
cargo generate-rpm --target "$target" --auto-req disabled --payload-compress zstd \
    --source-date "$SOURCE_DATE_EPOCH" --output "$out/menusync-$version-1.$machine.rpm"
