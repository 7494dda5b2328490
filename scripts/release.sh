#!/usr/bin/env bash
# Builds the program for release into bin/release: for each of ARCHES, by default all
# that there are, the program and what it is made of, and the checksums of all of these.
# The bytes follow from the commit, the version and the compiler alone: not from the
# machine, the directory, the user or the day. TOOLCHAIN and VERSION are those of the
# Makefile.
set -euo pipefail
cd "$(dirname "$0")/.."
: "${TOOLCHAIN:?}" "${VERSION:?}"

pinned() { # [NAME=VALUE ...] COMMAND, in an environment that the caller has no say in
	env -u GOROOT -u GOOS -u GOARCH GOTOOLCHAIN="$TOOLCHAIN" GOFLAGS= GOEXPERIMENT= GOWORK=off \
		GOFIPS140=off CGO_ENABLED=0 GOAMD64=v1 GOARM64=v8.0 "$@"
}

out=bin/release
rm -rf "$out"
mkdir -p "$out"
for arch in ${ARCHES:-amd64 arm64}; do
	program=$out/ticker-linux-$arch
	pinned GOOS=linux GOARCH="$arch" go build -mod=readonly -trimpath -buildvcs=true \
		-ldflags "-s -w -buildid= -X main.version=$VERSION" -o "$program" ./cmd/ticker
	pinned go run -mod=readonly ./internal/sbom "$program" >"$program.cdx.json"
done
cd "$out"
sha256sum ticker-linux-* | tee SHA256SUMS
