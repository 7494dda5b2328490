// Package bench measures how a server turns one stream of quotes into many
// clients' fresh ones: with the real program, over real sockets, and with
// others' servers under the same load.
//
//	           ┌─ server process ─────────────┐        ┌─ crowd process(es) ──────┐
//	           │ simulated market ─► fan-out  │═frames═► clients ─► Tally         │
//	           └──────────────▲───────────────┘        └──────────────▲───────────┘
//	processor time, memory,   │   quotes taken in     orders, tallies │  JSON lines
//	                        Run(Load) ──► Result ──► Compare, Capacity, report
//
// Load says what is asked of a server, the same for every server. A Server is
// how one is started. A Crowd (package bench/crowd) is a process of its own that
// holds clients and counts what they are sent. Run brings them together for one
// measurement; Compare does it for several servers in turn, for several rounds;
// Capacity looks for the largest number of clients that a server holds. Package
// bench/page draws a Report.
//
// # An open loop
//
// Quotes are due on a schedule that no server can slow down, and each carries the
// time it was due in its ts. Age is counted from that time to when a client has
// read the whole frame, so that a server that falls behind shows its delay and
// does not hide it. Both ends read the clock of one machine.
//
// # What is counted
//
// Counts are those of a window that begins when every client has subscribed and
// the warm-up is over. Processor time is the operating system's, of the server
// process with all its threads, at the beginning and the end of that window:
// what the kernel does for a write is in it. Memory is what the process alone
// holds in the kernel's books, and buffers of the kernel are not in it.
//
// # Concurrency
//
// Run and its like start processes, and end those they started before they
// return. They are not to be run at the same time: a machine measures one thing
// at a time.
package bench
