#!/usr/bin/env bash
# Comments on a pull request from a fork, with the report that its own run uploaded. Whoever opened it has written that
# report: nothing of it is executed, unpacked to a name of its choosing or believed, and what menusync would not have
# written is not shown. Needs curl, jq and unzip, which GitHub's runners have.
#
#   GITHUB_TOKEN     may read artifacts and write comments (actions: read, pull-requests: write)
#   RUN_ID, HEAD_SHA, HEAD_REPOSITORY   of the run that uploaded, as GitHub's event tells them
#   GITHUB_REPOSITORY, GITHUB_API_URL   set by GitHub
set -euo pipefail
shopt -s inherit_errexit

repository="${GITHUB_API_URL:-https://api.github.com}/repos/$GITHUB_REPOSITORY"
most_archive=200000 most_file=262144 # bytes; a report has at most 60,000 characters, of up to four bytes
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/report"

refuse() {
    printf 'refused: %s\n' "$1" >&2
    exit 1
}

call() {
    curl --silent --show-error --fail --max-time 60 --header 'Accept: application/vnd.github+json' \
        --config <(printf 'header = "Authorization: Bearer %s"\n' "$GITHUB_TOKEN") "$@"
}

fetch_archive() {
    local found
    call "$repository/actions/runs/$RUN_ID/artifacts?name=menusync-report" >"$work/artifacts.json"
    found=$(jq -r '.artifacts | map(select(.name == "menusync-report" and (.expired | not))) | if length == 1 then
        .[0] | "\(.id) \(.size_in_bytes)" else empty end' "$work/artifacts.json")
    [ -n "$found" ] || refuse 'the run has not uploaded one report'
    [ "${found#* }" -le "$most_archive" ] || refuse "the report has ${found#* } bytes"
    # The size was told; this is what comes.
    { call --location "$repository/actions/artifacts/${found% *}/zip" || true; } |
        head -c "$((most_archive + 1))" >"$work/report.zip"
    [ "$(wc -c <"$work/report.zip")" -le "$most_archive" ] || refuse 'the report is larger than it said'
}

# One file of the archive, as far as it is small.
take() {
    { unzip -p "$work/report.zip" "$1" </dev/null 2>/dev/null || true; } |
        head -c "$(($2 + 1))" >"$work/report/$1"
    [ "$(wc -c <"$work/report/$1")" -le "$2" ] || refuse "$1 has more than $2 bytes"
}

# Neither broken UTF-8 nor characters that cannot be seen.
is_visible() {
    iconv -f UTF-8 -t UTF-8 "$1" >/dev/null 2>&1 && ! LC_ALL=C.UTF-8 grep -qP '[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]' "$1"
}

# Only what menusync writes: once its own tags and escapes are gone, nothing is left that mentions, refers, links or opens a tag.
# It writes no block that a forge draws (a diagram, a formula).
is_of_menusync() {
    ! grep -qE '```|~~~' "$1" &&
        ! sed -E 's/[@#]&#8203;|&#8203;|&(lt|gt|amp);|<\/?(details|summary|del|ins)>|<details open>|\\[][\\|`*_!~$]/ /g' "$1" |
            grep -qE '[][<>@#&!$]|://|[Ww][Ww][Ww]\.|[A-Za-z]-[0-9]'
}

# The pull request must be one of the repository and commit that the run was for.
check_number() {
    [[ $1 =~ ^[1-9][0-9]{0,8}$ ]] || refuse 'the report names no pull request'
    call "$repository/pulls/$1" >"$work/pull.json" || refuse "there is no pull request $1"
    jq -e --arg repository "$HEAD_REPOSITORY" '.state == "open" and .head.repo.full_name == $repository' \
        "$work/pull.json" >/dev/null || refuse "pull request $1 is not the one that the run was for"
    if ! jq -e --arg sha "$HEAD_SHA" '.head.sha == $sha' "$work/pull.json" >/dev/null; then
        echo 'the pull request has moved on; the run for its newest commit comments'
        exit 0
    fi
}

fetch_archive
take number 20
take how 20
take exit 20
take plan.md "$most_file"
take errors.txt "$most_file"
number=$(<"$work/report/number")
check_number "$number"
is_visible "$work/report/errors.txt" || refuse 'errors.txt has characters that cannot be seen'
is_visible "$work/report/plan.md" || refuse 'plan.md has characters that cannot be seen'
is_of_menusync "$work/report/plan.md" || refuse 'plan.md is not as menusync writes it'
[ "$(wc -m <"$work/report/plan.md")" -le 60000 ] || refuse 'plan.md has more than 60,000 characters'
export PULL_REQUEST=$number MENUSYNC_REPORT="$work/report"
export MENUSYNC_NOTE='From a fork, as its own run reported it: look at the files before you believe it.'
bash "$(dirname "$0")/comment.sh"
