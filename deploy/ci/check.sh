#!/usr/bin/env bash
# Checks the menus of a pull request and says what merging it would do. Writes a report for compose.sh and ends with
# menusync's exit code; asks the forge nothing.
#
#   MENUSYNC_ROOT    the root, relative to the repository [.]
#   MENUSYNC_BASE    the revision that is compared with [HEAD^1: the target branch, if a merge commit is checked out]
#   MENUSYNC_REPORT  where the report goes [menusync-report]
#   MENUSYNC_CLIENT_ID, MENUSYNC_CLIENT_SECRET   with them GoFood is asked (`plan`), without them only git (`diff`)
#   MENUSYNC_FAIL_ON_GUARD   false: what a guard holds is told, and the check is green [true]
#   PULL_REQUEST     its number, for the report of a fork; without it there is also menus.html, the menus before and after
set -euo pipefail

export MENUSYNC_ROOT="${MENUSYNC_ROOT:-.}"
base=${MENUSYNC_BASE:-HEAD^1}
report=${MENUSYNC_REPORT:-menusync-report}
mkdir -p "$report"
rm -f "$report"/{number,how,exit,plan.md,menus.html,errors.txt,diagnostics.json}
trouble=$(mktemp)
trap 'rm -f "$trouble"' EXIT
[ -z "${PULL_REQUEST:-}" ] || printf '%s\n' "$PULL_REQUEST" >"$report/number"

# Diagnostics name files relative to the root, GitHub looks for them relative to the repository.
from_repository() {
    local prefix=${MENUSYNC_ROOT#./} line
    prefix=${prefix%/}/
    [ "$prefix" != ./ ] || prefix=
    while IFS= read -r line; do
        case $line in
        "::error file="* | "::warning file="*) line=${line/ file=/" file=$prefix"} ;;
        esac
        printf '%s\n' "$line"
    done
}

validate() {
    local form=text
    [ "${GITHUB_ACTIONS:-}" != true ] || form=github
    menusync validate --output "$form" --output "json=$report/diagnostics.json" --output "text=$report/errors.txt" \
        2>"$trouble" | from_repository
}

# What merging does. `diff` says by 2 that there is something to tell, which is what pull requests are for.
compare() {
    local arguments
    if ! git -C "$MENUSYNC_ROOT" cat-file -e "$base:./catalogs" 2>/dev/null; then
        echo none >"$report/how"
        return 0
    elif [ -n "${MENUSYNC_CLIENT_ID:-}" ]; then
        arguments=(plan --base "$base")
        [ "${MENUSYNC_FAIL_ON_GUARD:-true}" = false ] || arguments+=(--fail-on-guard)
    else
        arguments=(diff "$base")
    fi
    echo "${arguments[0]}" >"$report/how"
    # The page with the menus before and after is for people who trust its author: not for the report of a fork.
    local code=0 page=(--output "html=$report/menus.html")
    [ -z "${PULL_REQUEST:-}" ] || page=()
    menusync "${arguments[@]}" --output "markdown=$report/plan.md" ${page[@]+"${page[@]}"} 2>"$trouble" || code=$?
    [ "${arguments[0]} $code" = "diff 2" ] || return "$code"
}

git rev-parse --verify --quiet "$base^{commit}" >/dev/null || {
    echo "there is no revision $base in this checkout; fetch it (fetch-depth: 2 or GIT_DEPTH: 0)" >&2
    exit 64
}
code=0
validate || code=$?
if [ "$code" = 0 ]; then
    sed -i -E '/^[0-9]+ outlets? (is|are) valid$/d' "$report/errors.txt" # leaves warnings
    compare || code=$?
    cat "$trouble" >>"$report/errors.txt"
elif [ -s "$report/errors.txt" ]; then
    compare || true # what the other outlets would get; the errors are known already
else
    cat "$trouble" >"$report/errors.txt"
fi
echo "$code" >"$report/exit"
# Begun by a word of ours, no line is an order to the runner.
sed 's/^/menusync: /' "$report/errors.txt" >&2
exit "$code"
