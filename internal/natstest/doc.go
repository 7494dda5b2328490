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
// # Processes
//
// The server is a child of the test, and on Linux ends with it however that ends.
// Signals go to it and to nothing else. Nothing here starts a goroutine.
//
// # What the caller must do
//
// Stop, Kill, Restart, Pause and Resume are for one goroutine at a time.
package natstest
