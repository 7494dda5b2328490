// Package relaytest is an engine of the relay in memory, for tests of what is built
// on one.
//
//	Node ──Send, Keep──► Engine ──deliver──► Nodes that receive
//
// Each node of a test has a Node, which is all that it sees of the Engine: an
// Outlet, an Inlet and a Lease; WithBacklog adds a Backlog to it.
//
// # Faults
//
// A Fault says of each message what becomes of it on its way to each node: it comes
// once, twice, or not at all. Cut separates a node from the Engine: its calls fail, it
// gets nothing, and comes back with what is sent then. Stop does that to all nodes,
// and Forget loses what is kept, as servers do that have it in memory.
//
// # Concurrency
//
// Everything is safe for concurrent use. The messages of one Send come together. A
// node that receives slowly has a queue of its own, without a bound: what a test sends
// is bounded by itself.
package relaytest
