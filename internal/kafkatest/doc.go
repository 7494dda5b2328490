// Package kafkatest runs a broker that speaks Kafka's protocol, for tests.
//
//	kcat ──► kfake, on 127.0.0.1:PORT, in this process ◄── the code under test
//
// The broker is kfake, of the makers of the client that the code under test uses.
// So that the two cannot agree on a mistake, records are written and read by kcat,
// on librdkafka, a client of another family. A machine without kcat fails the test
// with a line that says what to install.
//
//	broker := kafkatest.Start(t, 4)
//	broker.Produce(`AAPL:{"symbol":"AAPL","bid":1}`)
//
// Data outlive Stop and Start on the same port. Pause makes the broker stand still
// with its connections open, as if its machine were gone.
//
// # What the caller must do
//
// Stop, Restart, Pause and Resume are for one goroutine at a time.
package kafkatest
