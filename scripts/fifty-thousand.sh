#!/usr/bin/env bash
# Measures many connections on one machine: a node that takes quotes in, three edges,
# and for each edge a crowd that watches one symbol a client, once a second. Even the
# rarest symbol changes more often.
#
#   scripts/fifty-thousand.sh [CLIENTS [SECONDS]]
#
# CLIENTS is how many there are in all, 50,000 unless told. Each edge and each crowd has
# a third of them, and as many open files. Prints what the crowds saw, and what the
# nodes cost while they were measured.
set -euo pipefail
cd "$(dirname "$0")/.."

clients=${1:-50000}
seconds=${2:-60}
each=$(((clients + 2) / 3))
engine=127.0.0.1:4322
dir=$(mktemp -d)
ulimit -n "$(ulimit -H -n)"
export TICKER_LIMITS_SESSIONS=$((each + 100)) TICKER_LIMITS_HANDSHAKES_PER_SECOND=1000 TICKER_LOG_FORMAT=json

pids=()
finish() {
	kill "${pids[@]}" 2>/dev/null || true
	wait || true
	rm -rf "$dir"
}
trap finish EXIT

# node NAME PORT ARGS… starts a node; its admin listener is 1000 ports higher.
node() {
	local name=$1 port=$2
	shift 2
	"$dir/ticker" serve --data "$dir/$name" --listen "127.0.0.1:$port" --admin "127.0.0.1:$((port + 1000))" "$@" 2>"$dir/$name.log" &
	pids+=($!)
	until curl -fs "http://127.0.0.1:$((port + 1000))/readyz" >/dev/null; do
		kill -0 $! || { cat "$dir/$name.log" >&2; exit 1; }
		sleep 0.2
	done
}

# metric PORT NAME prints a metric of a node, the sum of its series.
metric() {
	curl -fs "http://127.0.0.1:$(($1 + 1000))/metrics" | awk -v name="$2" 'index($1, name) == 1 && substr($1, length(name) + 1) ~ /^({|$)/ { sum += $2 } END { printf "%.2f", sum }'
}

go build -o "$dir/ticker" ./cmd/ticker
node ingest 8180 --relay "embedded:?listen=$engine" --role ingest --history off --feed 'sim:?symbols=200&rate=20000'
for port in 8181 8182 8183; do
	node "edge-$port" "$port" --relay "nats://$engine" --role edge
done

crowds=()
for port in 8181 8182 8183; do
	"$dir/ticker" bench fanout --url "ws://127.0.0.1:$port/v1/ws" --clients "$each" --symbols 200 --subscriptions 1 \
		--interval 1s --warmup 10s --duration "${seconds}s" >"$dir/crowd-$port.txt" 2>&1 &
	crowds+=($!)
done

# The crowds connect first; the nodes are measured in the middle of what those measure.
until [ "$(metric 8181 ticker_sessions)" = "$each.00" ] && [ "$(metric 8182 ticker_sessions)" = "$each.00" ] && [ "$(metric 8183 ticker_sessions)" = "$each.00" ]; do
	for pid in "${crowds[@]}"; do
		kill -0 "$pid" || { cat "$dir"/crowd-*.txt >&2; exit 1; }
	done
	sleep 0.5
done
declare -A cpu frames
for port in 8180 8181 8182 8183; do
	cpu[$port]=$(metric $port process_cpu_seconds_total)
	frames[$port]=$(metric $port ticker_delivered_frames_total)
done
bytes=$(metric 8180 ticker_relay_sent_bytes_total)
records=$(metric 8180 ticker_relay_sent_records_total)
began=$SECONDS
sleep $((seconds / 2))
took=$((SECONDS - began))
for port in 8180 8181 8182 8183; do
	awk -v port=$port -v sessions="$(metric $port ticker_sessions)" -v took=$took -v rss="$(metric $port process_resident_memory_bytes)" \
		-v cpu="$(metric $port process_cpu_seconds_total)" -v cpu0="${cpu[$port]}" \
		-v frames="$(metric $port ticker_delivered_frames_total)" -v frames0="${frames[$port]}" 'BEGIN {
		printf "%d: %d sessions, %.0f frames a second, %.2f of a core, %.0f MB", port, sessions, (frames - frames0) / took, (cpu - cpu0) / took, rss / 1e6
		if (frames > frames0) printf ", %.1f us a frame, %.1f KB a session", 1e6 * (cpu - cpu0) / (frames - frames0), rss / sessions / 1e3
		print ""
	}'
done
awk -v took=$took -v records0="$records" -v bytes0="$bytes" -v records="$(metric 8180 ticker_relay_sent_records_total)" \
	-v bytes="$(metric 8180 ticker_relay_sent_bytes_total)" 'BEGIN {
	printf "relay: %.0f records and %.0f KB a second\n", (records - records0) / took, (bytes - bytes0) / took / 1e3
}'
for pid in "${crowds[@]}"; do
	wait "$pid" || { cat "$dir"/crowd-*.txt >&2; exit 1; }
done
for port in 8181 8182 8183; do
	printf '\ncrowd at %d\n' "$port"
	cat "$dir/crowd-$port.txt"
done
