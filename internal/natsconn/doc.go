// Package natsconn makes connections to NATS, for those who read from it and those
// who write to it.
//
//	Access ──Connect──► *nats.Conn ──Confirm──► the server has read everything
//
// A connection is not mended when it breaks, and keeps nothing to be sent later: who
// uses it sees that it ended, and why, and makes another when it is time. A server
// that stands still is found out by pings within some seconds. Certificates are
// always verified.
//
// The library runs goroutines beside each connection. They end when it is closed.
package natsconn
