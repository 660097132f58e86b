#!/usr/bin/env bash
# Tries what was made for a release in a Debian of its own, as root and without a container engine: the .deb, and the steps of
# the Containerfile. In both the demo runs, and the daemon brings menus to the stand-in server as the user it is meant to be.
# Takes some minutes the first time (Debian is fetched, 370 MB on disk), and half a minute later.
#
#   try.sh deb | container
#
# Needs `debootstrap`, and what archive.sh and packages.sh have made for x86_64-unknown-linux-musl.
set -euo pipefail
# shellcheck source=deploy/release/common.sh
. "$(dirname "$0")/common.sh"

[ "$(id -u)" = 0 ] || die 'only root can make a root of its own; type: sudo deploy/release/try.sh deb'
command -v debootstrap >/dev/null || die 'there is no debootstrap; type: apt-get install debootstrap'
debian=$PWD/$out/debian
root=$PWD/$out/try
stage=$PWD/$out/stage/menusync-$version-x86_64-unknown-linux-musl
deb=$out/menusync_$version-1_amd64.deb

fresh_root() {
    if [ ! -e "$debian/ready" ]; then
        rm -rf "$debian"
        debootstrap --variant=minbase --include=systemd,ca-certificates,curl,git bookworm "$debian" >&2
        touch "$debian/ready"
    fi
    rm -rf "$root"
    cp -a "$debian" "$root"
}

# Runs a command in the root, where it sees no other processes and no network, and leaves nothing running.
inside() {
    # shellcheck disable=SC2016
    unshare --mount --pid --fork --kill-child --net -- bash -c '
        ip link set lo up && mount -t proc proc "$0/proc" && exec chroot "$0" "$@"' "$root" "$@"
}

# The main job, by the scripts in the root: as USER, in an environment.
live() {
    install -m 755 deploy/release/try-inside.sh "$root/try-inside.sh"
    inside /try-inside.sh "$@"
}

try_deb() {
    [ -f "$deb" ] || die "there is no $deb; type: deploy/release/packages.sh x86_64-unknown-linux-musl"
    fresh_root
    cp "$deb" "$root/menusync.deb"
    inside dpkg --install /menusync.deb
    inside dpkg --verify menusync
    local units=usr/lib/systemd/system unit told
    told=$(inside sh -c "systemd-analyze verify --man=no /$units/menusync*.service /$units/menusync*.timer 2>&1" | grep menusync) || true
    [ -z "$told" ] || die "systemd-analyze verify: $told"
    for unit in "$root/$units"/menusync*.service; do
        inside env SYSTEMD_COLORS=0 SYSTEMD_URLIFY=0 systemd-analyze security --offline=true --threshold=15 "/$units/${unit##*/}" | tail -n 1
    done
    # As the unit has it.
    mapfile -t environment < <(sed -n 's/^Environment=//p' "$root/$units/menusync.service")
    live menusync "${environment[@]}" MENUSYNC_STATE_DIR=/var/lib/menusync
    inside dpkg --purge menusync
    [ ! -e "$root/usr/bin/menusync" ] || die 'purging has left the program'
    [ -e "$root/var/lib/menusync" ] || die 'purging has taken the state with it'
}

# Does what an engine would do with the steps that the file has, and refuses those that it does not know.
try_container() {
    [ -d "$stage" ] || die "there is no $stage; type: deploy/release/archive.sh x86_64-unknown-linux-musl"
    fresh_root
    local environment=() user='' health='' line step rest
    while read -r line; do
        step=${line%% *} rest=${line#* }
        case $step in
        FROM) [[ $rest == */debian:bookworm-slim ]] || die "the root is Debian bookworm, not $rest" ;;
        RUN)
            mount --bind /etc/resolv.conf "$root/etc/resolv.conf"
            chroot "$root" sh -c "$rest" || { umount "$root/etc/resolv.conf"; die "RUN $rest"; }
            umount "$root/etc/resolv.conf"
            ;;
        COPY) cp -r "$stage/${rest% *}" "$root/${rest#* }" ;;
        ENV) read -ra words <<<"$rest" && environment+=("${words[@]}") ;;
        USER) user=$rest ;;
        HEALTHCHECK) health=${rest#*CMD } ;;
        ENTRYPOINT) [ "$rest" = '["/usr/local/bin/menusync"]' ] || die "ENTRYPOINT $rest" ;;
        CMD) [ "$rest" = '["run"]' ] || die "CMD $rest" ;;
        VOLUME | STOPSIGNAL) ;;
        *) die "what does $step do?" ;;
        esac
    done < <(sed -e '/^#/d' -e '/^$/d' deploy/container/Containerfile)
    [[ -n $user && $user != root ]] || die 'the container runs as root'
    [ -n "$health" ] || die 'there is no health check'
    live "$user" "${environment[@]}" HEALTH="$health"
}

case ${1:-} in
deb) try_deb ;;
container) try_container ;;
*) die 'what to try? Type: try.sh deb, or: try.sh container' ;;
esac
echo "$1: all is well"
