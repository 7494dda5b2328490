// Package payload reads what a message queue delivers: quotes in the service's
// own form, or the raw messages of an exchange.
//
//	queue ──► Reader ──► Sink
//	             └─────► Tap
//
// A payload of quotes is one object, an array, or NDJSON; a payload of an
// exchange is one message as the exchange sent it. What is refused is told to the
// sink, record by record: a bad record loses nothing but itself.
//
// A Reader is not safe for concurrent use.
package payload
