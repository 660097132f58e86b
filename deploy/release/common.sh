# What the scripts beside it share; sourced.
# shellcheck shell=bash disable=SC2034,SC2164

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
version=$(sed -n 's/^version = "\(.*\)"$/\1/p' Cargo.toml | head -n 1)
# Everything that is made for a release.
out=${MENUSYNC_OUT:-target/release-files}

# The time that everything in an archive has: that of the commit, also where root looks at the checkout of another user.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-$(git -c safe.directory="$PWD" log -1 --format=%ct)}
export SOURCE_DATE_EPOCH
# What sorts and prints goes by no language of this machine.
export LC_ALL=C TZ=UTC

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

is_windows() { [[ $1 == *windows* ]]; }

# Where `build.sh` leaves the binary of a target.
binary_of() {
    local directory=${MENUSYNC_PROFILE:-dist} suffix=
    [ "$directory" != dev ] || directory=debug
    ! is_windows "$1" || suffix=.exe
    printf 'target/%s/%s/menusync%s' "$1" "$directory" "$suffix"
}

archive_of() {
    local ending=tar.gz
    ! is_windows "$1" || ending=zip
    printf '%s/menusync-%s-%s.%s' "$out" "$version" "$1" "$ending"
}

sha256() {
    if command -v sha256sum >/dev/null; then sha256sum "$@"; else shasum -a 256 "$@"; fi
}
