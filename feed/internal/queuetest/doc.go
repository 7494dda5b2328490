// Package queuetest is what the tests of message queues share: a sink that writes
// down what it is told, a source that runs beside the test, and a feed with its
// book.
//
//	source := queuetest.Run(t, kafkaSource, journal)   one connection
//	service := queuetest.Serve(t, kafkaSource)         a feed, run again when it fails
//
// Everything waits for a condition, never for a time, and fails the test when the
// condition does not come within a minute.
//
// A Journal may be told by several sources at once. The rest is for the goroutine
// of the test; what is started ends with it.
package queuetest
