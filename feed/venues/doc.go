// Package venues knows every exchange whose messages this service reads, by
// name, for those who have the messages from elsewhere than the exchange: a
// recording, a message queue.
package venues
