package client

import (
	"time"

	"ticker/wire"
)

// Phase is where a client is in the life of its connection.
type Phase uint8

// The phases.
const (
	// Connecting: a connection is being made.
	Connecting Phase = iota
	// Online: the service has said welcome.
	Online
	// Waiting: there is no connection, and the next try is due after a delay.
	Waiting
	// Ended: Run is about to return.
	Ended
)

// String returns the phase in lower case.
func (p Phase) String() string {
	switch p {
	case Connecting:
		return "connecting"
	case Online:
		return "online"
	case Waiting:
		return "waiting"
	case Ended:
		return "ended"
	}
	return "unknown"
}

// State tells about the connection.
type State struct {
	Phase Phase
	// Transport is the one of the connection, or of the last one.
	Transport Transport
	// Welcome is what the service said about itself, while Online. Over Poll it says
	// its epoch only, and nothing before there is a subscription; the same goes for
	// SSE before there is one.
	Welcome wire.Welcome
	// Err says why the connection ended or failed, while Waiting, and why Run
	// ends, at the end of it; nil if its context did.
	Err error
	// Delay is the time to the next try, while Waiting.
	Delay time.Duration
}

// Batch is what one message of the service brought: the records that were due.
type Batch struct {
	// Session and Epoch are those of the welcome. seq is only comparable
	// within one epoch.
	Session, Epoch string
	// Grants counts the subscribes that this client got answers to, those that
	// renew the set too. A record repeats the seq of the one before only if a
	// subscribe was answered in between.
	Grants uint64
	// Cursor is the place in the service's stream after this batch.
	Cursor string
	// Widened is by what the service multiplies every interval for now, because it has
	// no processor for more; 1 usually. A poll does not tell.
	Widened int
	// Records are at most one for each symbol. They are not used again by the
	// client and may be kept. One that came by a subscription without Delta is whole:
	// its Set has the status, also if the service left out that it is live. One that
	// came by a subscription with Delta has the status only if that changed, or may
	// have; over Poll there is no delta, and every record is whole.
	Records []wire.Record
	// Bytes is the length of the message.
	Bytes int
	// Received is when it had been read.
	Received time.Time
}

// Stats counts what a client has done since it was made.
type Stats struct {
	// Connections counts how often the client came Online.
	Connections uint64
	// Messages and Bytes were read, control frames apart.
	Messages, Bytes uint64
	// Garbage counts messages that did not parse, and records that named no
	// symbol.
	Garbage uint64
}
