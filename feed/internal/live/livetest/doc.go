// Package livetest is an exchange on this machine, for the tests of those who
// connect to one: it speaks a venue's protocol from its side, and can do all that
// an exchange does wrong.
//
//	Faults ──► Rig (feed.Feed + book.Book + log + metrics) ◄── Venue under test
//	             └─► Server ◄── Exchange: the venue's side, given by its test
//
// A test of a venue describes the venue's side as an Exchange and calls Faults,
// which runs every fault as a subtest, and Capture, which plays recorded traffic
// through a connection. Each runs in a bubble of testing/synctest on a network in
// memory: hours pass at once, and exactly.
package livetest
