// Command peers is the servers that ticker is measured against, under the same
// load: the same simulated market, the same records, the same clients.
//
//	peers KIND [--symbols 1000] [--active 0] [--rate 100000] [--seed 1]
//	           [--fields bid,bidSize,ask,askSize] [--interval 100ms] [--phases 20]
//	           [--listen 127.0.0.1:0] [--with-stdin]
//
// It is a module of its own, so that what it needs of other people's servers is
// nothing that the product depends on:
//
//	cd bench/peers && go build -o peers . && ./peers raw-conflating
//
// # Kinds
//
// From the floor up; each package says more.
//
//   - raw: one ready-made frame, one write(2). What the kernel takes (package raw).
//   - raw-conflating: what has changed, on bare descriptors (package raw).
//   - hub: the usual hub of gorilla/websocket: a goroutine, a queue and a frame
//     for each update of each client (package hub).
//   - hub-tuned: the best that can be done with that library (package tuned).
//   - centrifuge: the centrifuge library, a channel a symbol, every update
//     published; centrifuge-conflated: each symbol's newest once an interval
//     (package centrifuge).
//   - nats, nats-conflated: likewise, with an embedded NATS server and its
//     WebSocket listener, a subject a symbol (package nats).
//
// raw, raw-conflating, hub and hub-tuned speak the ticker dialect: one subscribe
// a connection, then quotes events. The others speak their own protocol, and
// channels, and subjects, are the names of the symbols; what is published is one
// record.
//
// # Output
//
// When it serves, one line on stdout tells where:
//
//	{"url":"ws://127.0.0.1:PORT/v1/ws","stats":"http://127.0.0.1:PORT/stats","collect":"http://127.0.0.1:PORT/collect"}
//
// GET stats answers {"quotes":N,"clients":N,"dropped":N}: the quotes taken in, the
// clients connected, and those that were cut off for being slow. GET collect
// collects the garbage, so that memory can be read without it.
//
// It ends with 0 on SIGINT and SIGTERM, and, given --with-stdin, when its stdin
// does, so that it does not outlive who started it. It ends with 2 when it is
// started wrongly, and with 1 when it fails, and says why in one line.
//
// # What a fair comparison keeps in mind
//
// A record is equal to the product's to the byte, but a peer does less for it:
// there are no envelopes, patterns but *, deltas, cursors that resume, ledgers,
// limits or heartbeats. The market runs in the server's process, as it does in
// the product, and its cost is in every figure but that of raw. With clients
// that read slowly the kinds do different things by design: see the packages.
package main
