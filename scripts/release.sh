#!/usr/bin/env bash
# Builds the program for release into bin/release, with its checksums beside it. The
# bytes follow from the commit, the version and the compiler alone: not from the machine,
# the directory, the user or the day. TOOLCHAIN and VERSION are those of the Makefile;
# ARCHES may name one of the two.
set -euo pipefail
cd "$(dirname "$0")/.."
: "${TOOLCHAIN:?}" "${VERSION:?}"

out=bin/release
rm -rf "$out"
mkdir -p "$out"
for arch in ${ARCHES:-amd64 arm64}; do
	env -u GOROOT GOTOOLCHAIN="$TOOLCHAIN" GOFLAGS= GOEXPERIMENT= GOWORK=off GOFIPS140=off \
		CGO_ENABLED=0 GOOS=linux GOARCH="$arch" GOAMD64=v1 GOARM64=v8.0 \
		go build -mod=readonly -trimpath -buildvcs=true \
		-ldflags "-s -w -buildid= -X main.version=$VERSION" -o "$out/ticker-linux-$arch" ./cmd/ticker
done
cd "$out"
sha256sum ticker-linux-* | tee SHA256SUMS
