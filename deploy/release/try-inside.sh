#!/usr/bin/env bash
# Run by try.sh in a root of its own: the demo, and the daemon against the stand-in server, as the user of the package.
#
#   try-inside.sh USER VARIABLE=VALUE…   the environment that the daemon gets; HEALTH in it is a check that must pass
set -euo pipefail

user=$1
shift
state=/var/lib/menusync
program=$(command -v menusync)
export HOME=/nonexistent PATH="${program%/*}:$PATH"

# No function: in the background that would be a shell of its own, which a signal ends instead of the program.
as_user=(setpriv --reuid="$user" --regid="$user" --clear-groups --inh-caps=-all env)

within() {
    local seconds=$1
    shift
    for ((second = 0; second < seconds; second++)); do
        ! "$@" >/tmp/last 2>&1 || return 0
        sleep 1
    done
    cat /tmp/last /tmp/daemon.log >&2
    printf 'not within %d s: %s\n' "$seconds" "$*" >&2
    return 1
}

menusync --version
"${as_user[@]}" menusync demo >/tmp/demo.log 2>&1 || { cat /tmp/demo.log; exit 1; }
tail -n 1 /tmp/demo.log

# The root, as `init` writes it, for a platform that is here.
[ -d /srv/menus/catalogs ] || menusync init /srv/menus >/dev/null
cat >/srv/menus/menusync.yaml <<'SETTINGS'
target: custom
gobiz: {api_url: "http://127.0.0.1:8800", oauth_url: "http://127.0.0.1:8800/oauth2/token"}
verify: {interval: 1s}
SETTINGS
[ -d "$state" ] || install -d -o "$user" -g "$user" -m 0700 "$state"
"${as_user[@]}" menusync sandbox --listen 127.0.0.1:8800 --any-outlet >/tmp/sandbox.log 2>&1 &

mapfile -t environment < <(printf '%s\n' "$@" | grep -v '^HEALTH=')
environment+=(MENUSYNC_CLIENT_ID=sandbox MENUSYNC_CLIENT_SECRET=sandbox)
"${as_user[@]}" "${environment[@]}" menusync run >/tmp/daemon.log 2>&1 &
daemon=$!
within 60 curl --silent --fail http://127.0.0.1:8717/readyz
within 60 "${as_user[@]}" "${environment[@]}" menusync status
cat /tmp/last
curl --silent --fail http://127.0.0.1:8800/_sandbox/outlets >/tmp/outlets
grep -q G123456789 /tmp/outlets
for variable in "$@"; do
    [[ $variable != HEALTH=* ]] || "${as_user[@]}" sh -c "${variable#HEALTH=}"
done
# It has written nowhere but to its state.
written=$(find / -xdev -user "$user" -not -path "$state*" -not -path '/tmp/*' -not -path '/proc/*' | head -n 5)
[ -z "$written" ] || { printf 'it has written elsewhere: %s\n' "$written" >&2; exit 1; }
kill -TERM "$daemon"
wait "$daemon" || { cat /tmp/daemon.log >&2; echo "the daemon ended with $?" >&2; exit 1; }
