#!/usr/bin/env bash
# Sees to it that everything the tests need is there: a C compiler for the race
# detector, Chromium for the dashboard, python3-websockets as a foreign client,
# PostgreSQL for the history, NATS, RabbitMQ and Redis for the queues, kcat as a
# client of Kafka that is not ours, curl as one of event streams, Node and npm for
# the SDK, nginx and HAProxy to stand before several services, nftables and tc to
# break the network between them, promtool and systemd-analyze to check what is
# deployed.
# Installs what is missing with apt-get, and fails if it cannot: no test may be
# skipped for want of a tool. Does nothing, quickly, when nothing is missing.
set -euo pipefail

fail() {
	echo "install-test-deps: $*" >&2
	exit 1
}

compiles() {
	echo '#include <stdlib.h>' | gcc -fsyntax-only -x c -
}

# there tells whether a server can be found, also where users have no path to.
there() {
	PATH="$PATH:/usr/sbin:/sbin" command -v "$1" >/dev/null
}

# modern_node tells whether node is one that the SDK's tools run on. Debian 12 has an
# older one: nodejs.org has packages of newer ones.
modern_node() {
	[ "$(node -p 'process.versions.node.split(".")[0]')" -ge 20 ]
}

# missing prints the Debian packages of what is not there, one a line. It asks
# for what the tests use, not for the package, which may have another origin.
# The interpreter is Debian's own: a python3 that stands before it in the path
# does not see Debian's packages.
missing() {
	compiles 2>/dev/null || printf '%s\n' gcc libc6-dev
	chromium --version >/dev/null 2>&1 || printf '%s\n' chromium
	/usr/bin/python3 -c 'import websockets' 2>/dev/null || printf '%s\n' python3 python3-websockets
	there nats-server || printf '%s\n' nats-server
	there redis-server || printf '%s\n' redis-server
	there rabbitmq-server || [ -x /usr/lib/rabbitmq/bin/rabbitmq-server ] || printf '%s\n' rabbitmq-server
	kcat -V >/dev/null 2>&1 || printf '%s\n' kcat
	curl --version >/dev/null 2>&1 || printf '%s\n' curl
	modern_node 2>/dev/null || printf '%s\n' nodejs
	npm --version >/dev/null 2>&1 || printf '%s\n' npm
	there nginx || printf '%s\n' nginx
	there haproxy || printf '%s\n' haproxy
	there nft || printf '%s\n' nftables
	there tc || printf '%s\n' iproute2
	there promtool || printf '%s\n' prometheus
	there systemd-analyze || printf '%s\n' systemd
	initdb --version >/dev/null 2>&1 || compgen -G '/usr/lib/postgresql/*/bin/initdb' >/dev/null || printf '%s\n' postgresql
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		fail "neither root nor sudo to install: ${packages[*]}"
	fi
}

command -v go >/dev/null || fail "no go command: Go 1.26 or newer is at https://go.dev/dl/"

mapfile -t packages < <(missing)
[ ${#packages[@]} -gt 0 ] || exit 0

echo "install-test-deps: installing ${packages[*]}"
command -v apt-get >/dev/null || fail "no apt-get here; install by hand what Debian calls: ${packages[*]}"
as_root apt-get update || fail "apt-get update failed; wanted: ${packages[*]}"
as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${packages[@]}" ||
	fail "apt-get could not install: ${packages[*]}"

mapfile -t packages < <(missing)
[ ${#packages[@]} -eq 0 ] || fail "installed, and still not working: ${packages[*]}"
