#!/usr/bin/env bash
# Puts a report into the one comment of a pull request: edits it if it is there, else makes it. Needs curl and jq, which
# GitHub's runners have.
#
#   GITHUB_TOKEN     may write comments (pull-requests: write)
#   PULL_REQUEST     its number
#   MENUSYNC_REPORT  what check.sh wrote [menusync-report]
#   MENUSYNC_NOTE    one line of Markdown to begin with
#   MENUSYNC_PAGE    where people reach menus.html of the report
#   MENUSYNC_COMMENT_AUTHOR   as whom the token comments [github-actions[bot]]
#   GITHUB_REPOSITORY, GITHUB_API_URL, GITHUB_STEP_SUMMARY   set by GitHub
set -euo pipefail
shopt -s inherit_errexit

report=${MENUSYNC_REPORT:-menusync-report}
author=${MENUSYNC_COMMENT_AUTHOR:-github-actions[bot]}
marker="<!-- menusync: ${MENUSYNC_ROOT:-.} -->"
issues="${GITHUB_API_URL:-https://api.github.com}/repos/$GITHUB_REPOSITORY/issues"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The token is in no argument, where other processes could read it.
call() {
    curl --silent --show-error --fail --max-time 30 --header 'Accept: application/vnd.github+json' \
        --config <(printf 'header = "Authorization: Bearer %s"\n' "$GITHUB_TOKEN") "$@"
}

# Anybody can write the marker, so a comment of somebody else does not count.
ours() {
    local id page
    for page in {1..50}; do
        call "$issues/$PULL_REQUEST/comments?per_page=100&page=$page" >"$work/page.json"
        id=$(jq -r --arg marker "$marker" --arg author "$author" \
            'map(select(.user.login == $author and ((.body // "") | startswith($marker))))[0].id // empty' "$work/page.json")
        if [ -n "$id" ] || [ "$(jq length "$work/page.json")" -lt 100 ]; then
            printf '%s' "$id"
            return
        fi
    done
}

bash "$(dirname "$0")/compose.sh" "$marker" "$report" "${MENUSYNC_NOTE:-}" >"$work/body.md"
[ -z "${GITHUB_STEP_SUMMARY:-}" ] || cat "$work/body.md" >>"$GITHUB_STEP_SUMMARY"
jq --raw-input --slurp '{body: .}' "$work/body.md" >"$work/body.json"
id=$(ours)
if [ -n "$id" ]; then
    call --request PATCH --data "@$work/body.json" --output /dev/null "$issues/comments/$id"
    echo "edited comment $id"
else
    call --request POST --data "@$work/body.json" --output /dev/null "$issues/$PULL_REQUEST/comments"
    echo "made a comment"
fi
