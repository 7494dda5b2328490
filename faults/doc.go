// Package faults breaks what is around the service, and some of what is in it, and
// watches from outside that the promises hold. It has no code that is shipped: its
// tests build the program, run it in processes of its own among real servers, and
// read nothing but its answers, its metrics and its log.
//
//	source ──POST──► program ──► watchers: the client's SDK over every transport
//	  │ what was          │
//	  │ accepted          ├──► PostgreSQL, or a file on a small disk
//	  ▼                   └──► /readyz, /metrics
//	oracle ◄── what each watcher was sent, what history has
//
// A source pushes rounds: round k gives every symbol the bid k and one trade of
// size 1 at k. So the number in a record tells which update it is, and an oracle
// needs no copy of the market: per watcher and symbol seq and round rise, no round
// is sent that was not pushed, envelopes add up to one trade a round, and once
// the source holds still everybody ends with its last round. In history every
// round that was accepted is there once, in order.
//
// A fleet is the same with several programs: the source pushes to whichever node takes
// its rounds, and watchers are at every edge. What an engine carries has exact sums, so
// envelopes never have more trades than there were rounds, and fewer only by those of
// rounds that may have died with a leader.
//
// # What is broken
//
//	what                  how                                  where
//	PostgreSQL            SIGKILL, SIGSTOP, read-only, its     store_test.go, full_linux_test.go
//	                      disk full
//	disk of the service   a tmpfs without room, a limit on     full_linux_test.go
//	                      the size of files
//	exchange              garbage, flood, clocks off by a      upstream_test.go, flood_test.go
//	                      year, half-open, cut, no good        outage_test.go, names_linux_test.go,
//	                      certificate, name lost or wrong      verified_linux_test.go
//	clients               never read, gone without a word,     clients_test.go, network_linux_test.go
//	                      10 KB/s, cut for a while, saying     overload_test.go
//	                      and asking too much
//	program               SIGKILL, SIGTERM once, twice, at     life_test.go, overload_test.go
//	                      start, in an outage; SIGSTOP
//	credentials and       certificates and files with          reload_test.go, reconfigure_test.go
//	configuration         mistakes, a key server that is
//	                      down or rotates
//	machine               400 descriptors, 64 MiB, little      scarce_linux_test.go, memory_test.go,
//	                      processor, nobody reads the log or   operator_test.go
//	                      an answer
//	nodes, and what is    leaders killed and stopped, NATS     relay_test.go, relay_leaders_test.go,
//	between them          and Redis likewise, partitions,      relay_linux_test.go, rolling_test.go,
//	                      slow links, edges restarted          recorder_test.go
//	everything            in a random order, for hours         soak_test.go
//
// docs/RELIABILITY.md says which test holds which promise, those of other packages
// too.
//
// # What the tests assert
//
// Outcomes, never speed. That nothing waits for a fault is asserted by waiting for
// the outcome while the fault lasts; how long things took is logged. Waits end after
// a minute, which only failures need. The one time that is asserted is a promise with a
// number: a program ends within shutdown.timeout, here of 20 s.
//
// # Privileges
//
// Nothing here needs root. What needs a network or a disk of its own runs its test
// again in namespaces of Linux: as root in new ones, else in those of a user
// namespace, which the kernel must allow (Debian's does).
//
// # Soak
//
// With -soak DURATION the scenarios that a running service has to outlive go on, in
// a random order and under load, for that long against one process, and its
// goroutines, heap and descriptors must not grow. Without it each is played once.
//
// # Concurrency
//
// Tests run beside each other, four at most, each with programs, ports and
// directories of its own. A source and a watcher have one goroutine each, which
// ends with the test.
package faults
