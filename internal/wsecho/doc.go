// Command wsecho is an echo server over WebSocket, for conformance suites that
// others wrote.
//
//	a suite's client ──frames──► package server's handshake, reader and close
//	                 ◄─frames─── package server's framing and session writer
//
// It sends every message back as it came, text as text and binary as binary, through
// server.ServeEcho, which is the way of the service's own sessions. So what a suite
// finds out about the echoes holds for the service. Messages have at most 16 MiB.
// There are no extensions and no subprotocols of the suites' own.
//
//	go run ./internal/wsecho -listen 127.0.0.1:9001
//
// The suite of Autobahn runs against it from a machine that has Docker, here with the
// host's network; its cases 12 and 13 are about compression, which is not offered:
//
//	echo '{"outdir":"/reports","servers":[{"agent":"ticker","url":"ws://127.0.0.1:9001"}],
//	       "cases":["*"],"exclude-cases":["12.*","13.*"]}' > fuzzingclient.json
//	docker run --rm --network host -v "$PWD:/config" -v "$PWD/reports:/reports" \
//	       crossbario/autobahn-testsuite wstest -m fuzzingclient -s /config/fuzzingclient.json
//
// It asks nobody who they are: the address to listen on should be a loopback one.
//
// # Concurrency
//
// The command has one goroutine of its own, which serves until SIGINT or SIGTERM.
package main
