package crowd

import (
	"fmt"

	"ticker/bench"
)

// dialect is what one client says and understands. It belongs to the goroutine
// of that client.
type dialect interface {
	// subprotocol is the one to ask for, empty for none.
	subprotocol() string
	// opcode is that of the messages of the client.
	opcode() byte
	// greeting is the first message, which subscribes.
	greeting() []byte
	// hear takes in one message and adds what it brought to the delivery. An
	// error ends the connection.
	hear(message []byte, d *delivery) error
}

// newDialect returns what a client speaks in a job.
func newDialect(job *bench.Job, number int) (dialect, error) {
	names, inspector := job.Load.SubscriptionsOf(number), newInspector(number)
	switch job.Dialect {
	case bench.Ticker:
		return newTickerDialect(&job.Load, names, inspector), nil
	case bench.Centrifuge:
		return newCentrifugeDialect(&job.Load, names, inspector), nil
	case bench.NATS:
		return &natsDialect{subjects: names, inspector: inspector}, nil
	default:
		return nil, fmt.Errorf("unknown dialect %q", job.Dialect)
	}
}

// refused names the end that an error message of the server means.
func refused(why string) error { return fault("refused: " + why) }
