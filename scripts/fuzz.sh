#!/usr/bin/env bash
# Runs every fuzz target of the module for the given time each, 10s unless told.
set -euo pipefail
cd "$(dirname "$0")/.."

fuzztime=${1:-10s}
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# A package is fuzzed one target at a time: go test takes no more. In its own
# directory, which may be of a module within the module.
fuzz() {
	(cd "$1" && go test -run='^$' -fuzz="^$2\$" -fuzztime="$fuzztime" .) 2>&1 | tee "$log"
}

# Go 1.26 now and then reports the end of the fuzzing time itself as a failure
# (go.dev/issue/75804, fixed in 1.27). Such a failure names no input.
ended_badly() {
	grep -q '^ *context deadline exceeded$' "$log" && ! grep -q 'Failing input written to' "$log"
}

targets=$(grep -rEo --include='*_test.go' --exclude-dir=testdata --exclude-dir='.?*' '^func Fuzz[A-Za-z0-9_]*' . | sort) || {
	echo 'fuzz: no targets found' >&2
	exit 1
}
failed=()
while IFS=: read -r file func; do
	dir=$(dirname "$file") name=${func#func }
	echo "== $dir $name"
	fuzz "$dir" "$name" || { ended_badly && fuzz "$dir" "$name"; } || failed+=("$dir $name")
done <<<"$targets"

if [ ${#failed[@]} -gt 0 ]; then
	printf 'fuzz: failed: %s\n' "${failed[@]}" >&2
	exit 1
fi
