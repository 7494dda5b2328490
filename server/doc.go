// Package server is the edge of the service: what clients, publishers and
// operators speak to.
//
//	public listener   GET  /               the dashboard (package web)
//	                  GET  /v1/ws          sessions over WebSocket
//	                  GET  /v1/sse         sessions over Server-Sent Events
//	                  GET  /v1/poll        sessions of one frame, one after the other
//	                  GET  /v1/snapshot    the newest records, now or at a time
//	                  GET  /v1/history/…   the recorded records of a symbol
//	                  GET  /v1/candles/…   its candles
//	                  GET  /v1/symbols     what symbols there are
//	                  POST /v1/quotes      quotes for a push feed
//	admin listener    /healthz  /readyz  /metrics  /debug/pprof/
//
// It owns the sockets and the rules of who may use them; what a credential is worth
// is judged by package auth. What a session is
// sent, and when, is decided by package fanout; how it is written, by package
// wire; docs/PROTOCOL.md is the whole for those who write a client.
//
// # A WebSocket session
//
//	bytes in ──► line ──► intake ──► gorilla's frame reader ──► client.serve ──► fanout.Session
//	bytes out ◄── socket ◄─────────────────────────────────────────────────────────────┘
//
// After the handshake every byte to a client goes through its fanout.Session,
// in one order. gorilla reads frames and would like to write close frames of
// its own; the intake stands under it in place of the connection and keeps what
// it writes as a verdict, which the session's one way of ending then tells the
// client. The intake also refuses the frames that gorilla would take.
//
// A socket carries the session's bytes: on Linux over TCP with writes that
// never wait, elsewhere (TLS, other systems, connections in memory) with plain
// ones, which the session makes on a goroutine of its own.
//
// One goroutine at a time attends to a client: reads, answers all but what only
// history can, and ends it.
// Whoever wants a session to end, for whatever reason, says so in client.end,
// where the first reason stands; the goroutine that attends to the client then
// writes the close frame, ends our half of the connection, reads until the
// client has ended its own or a second is over, and closes. Reading on is what
// lets the close frame arrive: a connection that is closed with unread bytes in
// it is reset, and takes back what it sent.
//
// # Idle clients
//
// A client that has nothing to say has no goroutine and no reader. Between two
// messages, when nothing waits, the intake ends gorilla's wait with an empty
// message of its own; the reader goes back to those that are spare, the client
// is parked, and the goroutine ends. The parking is an epoll instance; it reports
// a client that has something to say, for which a goroutine begins. So does
// whoever ends or cuts a client that is parked. client.parked is what they
// agree by: it is taken by one of them. A message that has begun is read to its
// end by a goroutine that waits.
//
// That is so on Linux, over TCP, under TLS or not. Elsewhere a goroutine attends to
// a client for as long as it lives.
//
// # Event streams and polls
//
// An event stream takes its connection over from the HTTP server and has a socket
// under it like a WebSocket session; its framing names events beside their text. One
// goroutine waits for the client to be gone, or for somebody to end the session. A
// poll stays with its HTTP request: the request's goroutine opens a session whose
// connection is the poll itself, waits for its frame, and closes it. Both stand among
// the sessions, which a shutdown ends.
//
// # Access
//
// Where Config.Authority is not nil, every request brings a credential. It is judged
// before anything that costs more, and makes a grant, by which everything below /v1/
// goes: nil, where nobody is asked, allows all. Only a session over WebSocket may begin
// without one. It has a few seconds, and short messages, to send the auth command.
//
// A session goes by its grant for as long as that lasts: see pass. Timers warn the
// client and end the session; a goroutine of the server asks what each grant leads to by
// now, ends sessions whose grant is revoked, and has others follow. A grant that follows
// another goes to fanout, which takes away what is not covered any more. Sessions are
// counted for each subject where they have their place.
//
// Where the listener is for this machine alone, a request for the host of another one is
// refused before anything else: a browser makes it for a page whose name was made to lead
// here, and says so by no Origin. See origins.expect.
//
// # Delayed plans
//
// A grant may have a delay. What its client sees is then a view of its own, with a book,
// a hub and a history: Server.view picks it by the grant, and nothing that serves a client
// gets at a book in another way. A session keeps its view; a grant with another delay is
// refused. What clients publish is live in any case.
//
// # Certificates
//
// A Certificate is read from files, an ACME has an authority issue it. Either makes the
// tls.Config of the public listener, and runs beside the server. The authority of an ACME
// comes to that listener, too, and speaks acme-tls/1: its connections end with their
// handshake, which package net/http sees to.
//
// # The past
//
// What only History can answer may take it seconds. Over HTTP the request waits,
// and its context ends the question. A session's queries of the past are its
// errands: while there are any, one goroutine brings them to History, one after
// the other, and the session goes on, parked if it can be. The next is asked only
// when the client has taken the last answer. The end of the session ends them,
// and waits for that goroutine. Answers over HTTP are written in pieces.
//
// # Signs of life
//
// A client is heard when bytes of it arrive, and seen when its machine
// acknowledges bytes of ours. A client of which neither is true for
// Limits.Stall is closed with 4008; one that only reads slowly never is. A
// socket judges writes that wait, the intake reads that do, and a look at all
// that are parked, every few seconds, the rest.
//
// # Bounds
//
// Connections, sessions, those of a subject and of an address, handshakes a second,
// credentials that are judged at one time, bytes and frames of a message, messages and
// control frames a second, requests over HTTP of a subject or an address, looks at what is
// newest of a subject that has an interval, queries of the past of a session, bytes of a
// URL, a header, a body, the bodies of one publisher and of all at one time, the age of a
// session: Limits and constants beside the code. Beyond one, the answer is an error that
// says so: 503 or 429 with a Retry-After that is spread, 413, 414, 431, or an error message
// and then a close.
//
//	gate ──► proxies.believe ──► seat ──► handshake rate ──► credential ──► session
//	connections   address     sessions,                      sessions of
//	              of client   pressure                       the subject
//
// A session has its seat before anything is done for it that costs more. What a client
// counts as is its address, which only a proxy of Config.Proxies may tell; programs of
// this machine count as nobody.
//
// While a Resource runs short, quotes are sent less often if that eases it; then new
// sessions find no seat; if it runs out all the same, the heaviest are closed, a few a
// second. See strain.
//
// # Reconfiguration
//
// What of the configuration can change while the server serves is a live, which never
// changes itself: Reconfigure checks another and puts it in its place, and whoever comes
// reads it once, where it is needed. Sessions that are there keep what they have.
//
// # Life
//
// New starts nothing. Serve blocks until the listener is closed and every
// request, session and goroutine has ended, and ServeAdmin likewise for the admin
// listener, whose few connections are bounded by themselves. A shutdown in steps is the
// caller's: StopAccepting, then Drain; or the end of Serve's context, which
// cuts everything. The hub must run for as long as Serve does.
//
// # Concurrency
//
// A Server's methods may be called from any goroutine. Locks are held over no
// I/O that can wait and over no call into another package but fanout's, which
// never calls back under a lock but to say that a connection failed.
package server
