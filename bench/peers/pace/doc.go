// Package pace spreads the work of an interval over phases: clients are divided
// into as many groups, and each group is served at its own instant of every
// interval, by a few workers with a timer each.
//
//	interval  |0    |1    |2    |3    |0    |1    |2 …
//	workers    A     B     A     B     A     B     A
//
// A phase belongs to one worker for good, so its visits never overlap. A worker
// that is late goes on with the next phase at once; one that is late by a whole
// interval leaves that interval out: what is missed is conflated, not caught up.
//
// # Concurrency
//
// Run blocks until all its workers have ended. Groups may be changed from any
// goroutine; a group is locked while it is visited, so whoever has removed a
// member is the only one that has it.
package pace
