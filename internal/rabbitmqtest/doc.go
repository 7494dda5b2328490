// Package rabbitmqtest runs a throwaway RabbitMQ server for tests.
//
//	epmd on 127.0.0.1 ──► rabbitmq-server on 127.0.0.1:PORT, its data in a directory of its own ──► removed at the end
//
// The server is a real one, so a test sees what an installation sees: queues that
// outlive a restart, a kill before an acknowledgement was written, a server that
// stands still with its connections open. A machine without RabbitMQ fails the test
// with a line that says what to install.
//
//	server := rabbitmqtest.Start(t, rabbitmqtest.Options{})
//	connection, err := amqp.Dial(server.URL())
//
// Starting one takes about five seconds of a core and 140 MB, so the tests of a
// package share one where they do not harm it, each with queues of its own names:
//
//	var shared rabbitmqtest.Shared
//
//	func TestMain(m *testing.M) {
//		goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) { os.Exit(shared.Close(code)) }))
//	}
//
//	func TestSomething(t *testing.T) {
//		url := shared.Server(t).URL()
//
// # Processes
//
// The server is an Erlang node of one scheduler and without plugins. It has a port
// mapper (epmd) of its own, and both are heard on loopback only, so that servers of
// several tests, and one of the machine, know nothing of each other. What the node
// started ends with the node, and faults are the node's alone. Stop writes what
// durable queues hold; Kill leaves what was confirmed to a publisher, but may take
// acknowledgements of the last moment. Otherwise holds what package servertest says.
//
// # What the caller must do
//
// Stop, Kill, Restart, Pause and Resume are for one goroutine at a time, and for a
// server that is not shared.
package rabbitmqtest
