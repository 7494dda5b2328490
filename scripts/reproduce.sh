#!/usr/bin/env bash
# Builds the release of the commit that is checked out twice, in clones of different
# names and with different build caches, and fails unless every file is the same. The
# second cache is empty, which takes minutes of processor time for each of ARCHES.
set -euo pipefail
cd "$(dirname "$0")/.."

here=$PWD
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

build() { # DIRECTORY [GOCACHE]
	git clone --quiet --no-hardlinks "$here" "$1"
	GOCACHE=${2:-$(go env GOCACHE)} make --no-print-directory -C "$1" release >/dev/null
}

build "$place/one"
build "$place/another/place" "$place/cache"
if ! diff -r "$place/one/bin/release" "$place/another/place/bin/release"; then
	echo 'reproduce: two builds of one commit differ' >&2
	exit 1
fi
cat "$place/one/bin/release/SHA256SUMS"
echo "reproduce: two builds of $(git rev-parse --short HEAD) are the same"
