package crowd

import (
	"encoding/binary"
	"fmt"
	"net"
	"time"
)

// answerTimeout bounds the writing of a pong, or of an answer to the server.
const answerTimeout = 10 * time.Second

// client is one connection. It belongs to the goroutine that reads it.
type client struct {
	conn     net.Conn
	hangUp   func() // closes conn
	frames   *frameReader
	dialect  dialect
	delivery delivery // of the frame that was read last
	place    place    // where it is counted, once it has subscribed
}

// delivery is what one message brought.
type delivery struct {
	// at is when the whole of it was read, in microseconds since the Unix epoch,
	// and bytes is its length on the wire.
	at    int64
	bytes int
	// times has the ts of every record.
	times []int64
	// checked counts the records that were read in full, disorder those of them
	// that were no newer than the one before.
	checked, disorder uint64
	// confirmed says that the server has subscribed the client, with this
	// message or an earlier one.
	confirmed bool
	// answer is what the server is to be told, empty for nothing.
	answer []byte
	// slow says that the client reads slowly, so that the ages of what it gets
	// are its own doing.
	slow bool
}

func (d *delivery) reset() {
	d.times, d.answer = d.times[:0], d.answer[:0]
	d.checked, d.disorder = 0, 0
}

// subscribe says what the client wants and returns when it is granted. What it
// is sent until then is not counted.
func (c *client) subscribe() error {
	if err := c.write(c.dialect.opcode(), c.dialect.greeting()); err != nil {
		return err
	}
	for !c.delivery.confirmed {
		if err := c.next(); err != nil {
			return err
		}
	}
	return nil
}

// read counts what comes until the connection ends, and returns why it did.
func (c *client) read() error {
	for {
		if err := c.next(); err != nil {
			return err
		}
		c.place.add(&c.delivery)
	}
}

// next reads one message and does what it asks for.
func (c *client) next() error {
	opcode, message, err := c.frames.next()
	if err != nil {
		return err
	}
	d := &c.delivery
	d.reset()
	d.at, d.bytes = time.Now().UnixMicro(), c.frames.consumed
	switch opcode {
	case opText, opBinary:
		if err := c.dialect.hear(message, d); err != nil {
			return err
		}
		if len(d.answer) > 0 {
			return c.answer(c.dialect.opcode(), d.answer)
		}
	case opPing:
		return c.answer(opPong, message)
	case opClose:
		return closeFault(message)
	}
	return nil
}

// answer writes while the connection is in use, when a peer that takes nothing
// must not hold the client up for ever.
func (c *client) answer(opcode byte, payload []byte) error {
	if err := c.conn.SetWriteDeadline(time.Now().Add(answerTimeout)); err != nil {
		return err
	}
	return c.write(opcode, payload)
}

func (c *client) write(opcode byte, payload []byte) error {
	_, err := c.conn.Write(appendFrame(nil, opcode, payload))
	return err
}

// closeFault names the end that a close frame announces.
func closeFault(payload []byte) error {
	const noCode = 1005
	code := uint16(noCode)
	if len(payload) >= 2 {
		code = binary.BigEndian.Uint16(payload)
	}
	return fault(fmt.Sprintf("closed %d", code))
}
