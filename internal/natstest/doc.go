// Package natstest runs a throwaway NATS server for tests.
//
//	nats-server ──► 127.0.0.1:PORT, its streams in a directory of its own ──► removed at the end
//
// The server is a real one, with JetStream, so a test sees what an installation
// sees: restarts, a kill between two messages, a server that stands still. A
// machine without nats-server fails the test with a line that says what to install.
//
//	server := natstest.Start(t, natstest.Options{})
//	conn, err := nats.Connect(server.URL())
//
// Starting one takes some ten milliseconds, so each test has its own.
//
// # What the caller must do
//
// Stop, Kill, Restart, Pause and Resume are for one goroutine at a time. Package
// servertest has them, and what it says of processes holds here.
package natstest
