#!/usr/bin/env bash
# Writes the diagnostics of a report to stdout in the form that GitLab shows at the lines of a merge request. Needs jq.
set -euo pipefail

diagnostics=${MENUSYNC_REPORT:-menusync-report}/diagnostics.json
if [ ! -s "$diagnostics" ]; then
    echo '[]' # the check broke off before it looked at any file, and says why itself
    exit
fi
prefix=${MENUSYNC_ROOT:-.}
prefix=${prefix#./}
prefix=${prefix%/}/
[ "$prefix" != ./ ] || prefix=
jq --arg prefix "$prefix" '[.diagnostics[] | {
    description: .message,
    check_name: .code,
    severity: (if .severity == "error" then "major" else "minor" end),
    fingerprint: ([.code, .file, .line, .column, .message] | map(tostring) | join(":") | @base64),
    location: {path: ($prefix + (.file // "menusync.yaml")), lines: {begin: (.line // 1)}}
}]' "$diagnostics"
