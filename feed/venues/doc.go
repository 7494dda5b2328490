// Package venues knows every exchange of this service by name.
//
// Parser is for those who have the messages of an exchange from elsewhere: a
// recording, a message queue. Connect is for those who want them from the exchange
// itself.
package venues
