// Package servertest runs the real servers that tests need, each a process of the
// test's own. Packages beside it know what is special about PostgreSQL, NATS, Redis
// and RabbitMQ; what is the same for every program that serves is here.
//
//	Options.Launch ──► a Process: the program on 127.0.0.1:PORT, its directory with its log ──► Close
//	       ▲
//	Start, for one test, or Shared, for the tests of a package
//
// A Process can be stopped, killed, restarted, paused and resumed, with the
// children that it made. Its server comes back on the same port, with the data in
// its directory.
//
// # Processes
//
// A program is a child of the test, and on Linux gets a signal when that ends
// without having closed it, however that came. Signals go to it and to its
// children, and to nothing else. Nothing here starts a goroutine.
//
// # What the caller must do
//
// Stop, Kill, Restart, Pause, Resume and Close are for one goroutine at a time. All
// but Close are for a server that is not shared, and Pause and Resume for one that
// runs.
package servertest
