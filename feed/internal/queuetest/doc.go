// Package queuetest is what the tests of message queues share: a sink that writes
// down what it is told, a source that runs beside the test, a feed with its book and
// its log, what is put into a queue, options, and a network that fails.
//
//	source := queuetest.Run(t, kafkaSource, journal)     one connection
//	service := queuetest.Serve(t, kafkaSource, log)      a feed, run again when it fails
//	proxy := queuetest.NewProxy(t, url, pass)            between a source and its server
//	queuetest.Measure(b, kafkaSource, round, send)       a benchmark
//
// Everything waits for a condition, never for a time, and fails the test when the
// condition does not come within a minute.
//
// A Journal may be told by several sources at once, and a Log written by all. The
// rest is for the goroutine of the test; what is started ends with it.
package queuetest
