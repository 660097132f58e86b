#!/usr/bin/env bash
# Runs menusync-pull again and again, in a container beside the daemon. What fails is tried again: the checkout stays as it was.
#
#   menusync-follow [DIRECTORY]    [/srv/menus]
#
#   MENUSYNC_PULL_EVERY            seconds between two runs [60]
#   MENUSYNC_PULL_URL, MENUSYNC_PULL_BRANCH   as for menusync-pull
#   MENUSYNC_PULL_CREDENTIAL_FILE  for a repository by https that is not public: a file with the lines `username=…` and
#                                  `password=…`. It is read anew for every run, and given to the host of the URL alone
set -euo pipefail

directory=${1:-/srv/menus}
every=${MENUSYNC_PULL_EVERY:-60}
url=$MENUSYNC_PULL_URL

if [[ -s ${MENUSYNC_PULL_CREDENTIAL_FILE:-} ]]; then
    if ! [[ $url =~ ^https://([^/@]*@)?[^/@]+/ ]]; then
        echo 'MENUSYNC_PULL_CREDENTIAL_FILE is for a MENUSYNC_PULL_URL that begins with https://' >&2
        exit 64
    fi
    export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="credential.${BASH_REMATCH[0]}.helper"
    # shellcheck disable=SC2016 # git's shell puts the file in
    export GIT_CONFIG_VALUE_0='!f() { [ "$1" != get ] || cat -- "$MENUSYNC_PULL_CREDENTIAL_FILE"; }; f'
fi

# The first process of a container gets no signal that it does not ask for. A run under way is ended; the next one mends that.
trap 'kill "${running:-}" 2>/dev/null || true; exit 0' TERM INT

while true; do
    menusync-pull "$directory" &
    running=$!
    wait "$running" || echo "menusync-pull failed; the next try is in $every s" >&2
    sleep "$every" &
    running=$!
    wait "$running"
done
