#!/usr/bin/env bash
# Writes the comment of a report to stdout, as Markdown that GitHub and GitLab show alike. What menusync wrote as Markdown is
# safe to show; everything else becomes text here.
#
#   compose.sh MARKER REPORT [NOTE]
#
#   MENUSYNC_PAGE   where people reach menus.html of the report
set -euo pipefail

marker=$1 report=$2 note=${3:-}
most_errors=4000 # bytes; GitHub takes 65,536 characters, and a plan has up to 60,000

say() { printf '%s\n' "$@"; }

read_word() { head -c 20 "$report/$1" 2>/dev/null | head -n 1 || true; }

verdict() {
    case $(read_word exit) in
    0) ;;
    1) say '❌ **GoFood could not be asked about every outlet, or something else failed.**' '' ;;
    3) say '❌ **The files have errors. What has errors is not pushed.**' '' ;;
    4) say '✋ **A guard holds something: it is pushed only when a person releases it.**' '' ;;
    5) say '❌ **Some outlets could be planned and some could not.**' '' ;;
    *) say '❌ **The check did not come to an end; see its log.**' '' ;;
    esac
}

kind() {
    case $(read_word how) in
    plan) ;;
    diff) say '' 'Compared with the target branch, without asking GoFood: drift, and guards that look at the live menu, come later.' ;;
    *) say 'There are no menus on the target branch to compare with.' ;;
    esac
}

# Only an address in which nothing ends the link.
page() {
    [ -s "$report/menus.html" ] && [[ ${MENUSYNC_PAGE:-} =~ ^https?://[A-Za-z0-9._:/?=%~#-]+$ ]] || return 0
    say '' "[The menus before and after, as customers see them]($MENUSYNC_PAGE)"
}

# Text inside of <pre>. A line that begins with a slash is an order to GitLab.
escaped() { sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g; s/[@#]/&\&#8203;/g; s|^\([[:space:]]*\)/|\1\&#47;|'; }

# Errors are shown, warnings can be.
errors() {
    [ -s "$report/errors.txt" ] || return 0
    local open=' open'
    [ "$(read_word exit)" != 0 ] || open=
    say '' "<details$open><summary>What menusync says about it</summary>" '' '<pre>'
    { escaped <"$report/errors.txt" || true; } 2>/dev/null | head -c "$most_errors"
    say '' '</pre>' '' '</details>'
}

say "$marker" '### Menus' ''
[ -z "$note" ] || say "$note" ''
verdict
[ ! -s "$report/plan.md" ] || cat "$report/plan.md"
page
kind
errors
