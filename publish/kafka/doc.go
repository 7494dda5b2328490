// Package kafka publishes records to a topic of Apache Kafka, with the symbol as
// their key: all records of a symbol are in one partition, in order, and a compacted
// topic keeps the newest of each.
//
//	Publisher ──Records──► Sink ──key AAPL──► leader of a partition, all its replicas
//
// Send returns when all replicas in sync have every record. The producer is
// idempotent: what the client library sends again is not written twice.
//
// The client keeps the records of one Send and no others. When a Send gives up,
// what did not leave the machine is thrown away, and what did may be written or not;
// the next Send first waits for that to be known. So no record is ever written behind
// a newer one of its symbol by the same process.
//
// The library tries again for ever. A Send that got no acknowledgement within five
// seconds asks the brokers whether they are there, and fails with their answer.
//
// A Sink is for one goroutine at a time.
package kafka
