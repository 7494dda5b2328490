#!/usr/bin/env bash
# Looks for known vulnerabilities that the program reaches, with the govulncheck that is
# named. Findings fail. A database that cannot be reached is no finding: it is said so,
# and fails only with TICKER_VULN=require, which is for machines that must reach it.
set -uo pipefail
cd "$(dirname "$0")/.."

errors=$(mktemp)
trap 'rm -f "$errors"' EXIT
"$@" ./... 2>"$errors"
code=$?
cat "$errors" >&2
if [ "$code" -eq 1 ] && grep -q '^govulncheck: fetching vulnerabilities:' "$errors"; then
	echo 'vuln: NOT CHECKED: the database of vulnerabilities cannot be reached' >&2
	[ "${TICKER_VULN:-}" != require ]
	exit
fi
exit "$code"
