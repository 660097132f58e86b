#!/usr/bin/env bash
# Puts a report into the one note of a merge request: edits it if it is there, else makes it. Needs curl and jq.
#
#   MENUSYNC_GITLAB_TOKEN   a project access token with the scope `api`; without it there is no note
#   MENUSYNC_REPORT         what check.sh wrote [menusync-report]
#   MENUSYNC_PAGE           where people reach menus.html of the report [the artifact of this job]
#   CI_API_V4_URL, CI_MERGE_REQUEST_PROJECT_ID, CI_MERGE_REQUEST_IID   set by GitLab
set -euo pipefail
shopt -s inherit_errexit

if [ -z "${MENUSYNC_GITLAB_TOKEN:-}" ]; then
    echo 'no note: MENUSYNC_GITLAB_TOKEN is not set (variables that are protected are set on protected branches only)'
    exit 0
fi
report=${MENUSYNC_REPORT:-menusync-report}
marker="<!-- menusync: ${MENUSYNC_ROOT:-.} -->"
notes="$CI_API_V4_URL/projects/$CI_MERGE_REQUEST_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID/notes"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The token is in no argument, where other processes could read it.
call() {
    curl --silent --show-error --fail --max-time 30 --header 'Content-Type: application/json' \
        --config <(printf 'header = "PRIVATE-TOKEN: %s"\n' "$MENUSYNC_GITLAB_TOKEN") "$@"
}

# Anybody can write the marker, so a note of somebody else does not count.
ours() {
    local id page me
    me=$(call "$CI_API_V4_URL/user" | jq -r .id)
    for page in {1..50}; do
        call "$notes?per_page=100&page=$page" >"$work/page.json"
        id=$(jq -r --arg marker "$marker" --argjson me "$me" \
            'map(select(.author.id == $me and ((.body // "") | startswith($marker))))[0].id // empty' "$work/page.json")
        if [ -n "$id" ] || [ "$(jq length "$work/page.json")" -lt 100 ]; then
            printf '%s' "$id"
            return
        fi
    done
}

export MENUSYNC_PAGE="${MENUSYNC_PAGE:-${CI_JOB_URL:+$CI_JOB_URL/artifacts/file/$report/menus.html}}"
bash "$(dirname "$0")/compose.sh" "$marker" "$report" >"$work/body.md"
jq --raw-input --slurp '{body: .}' "$work/body.md" >"$work/body.json"
id=$(ours)
if [ -n "$id" ]; then
    call --request PUT --data "@$work/body.json" --output /dev/null "$notes/$id"
    echo "edited note $id"
else
    call --request POST --data "@$work/body.json" --output /dev/null "$notes"
    echo "made a note"
fi
