package crowd

import (
	"bytes"
	"fmt"
)

const errNATS = fault("message that is no NATS")

// natsDialect is the protocol of NATS, which is a stream: a frame may hold
// several operations and end in the middle of one.
type natsDialect struct {
	subjects  []string
	inspector *inspector
	rest      []byte // of the last operation, whose end has not come
}

func (*natsDialect) subprotocol() string { return "" }

func (*natsDialect) opcode() byte { return opBinary }

// greeting ends with a PING, whose answer says that all before it is done. The
// pattern of the load, "*", is also the one of NATS for a name without dots.
func (n *natsDialect) greeting() []byte {
	operations := []byte(`CONNECT {"verbose":false,"pedantic":false,"lang":"go","version":"1","protocol":1}` + "\r\n")
	for i, subject := range n.subjects {
		operations = fmt.Appendf(operations, "SUB %s %d\r\n", subject, i+1)
	}
	return append(operations, "PING\r\n"...)
}

func (n *natsDialect) hear(message []byte, d *delivery) error {
	text := message
	if len(n.rest) > 0 {
		n.rest = append(n.rest, message...)
		text = n.rest
	}
	for {
		used, err := n.operation(text, d)
		if err != nil {
			return err
		}
		if used == 0 {
			break
		}
		text = text[used:]
	}
	if len(text) > maxMessage {
		return errTooLong
	}
	n.rest = append(n.rest[:0], text...)
	return nil
}

// operation takes in the operation that the text begins with, and returns its
// length, 0 if its end has not come.
func (n *natsDialect) operation(text []byte, d *delivery) (int, error) {
	end := bytes.IndexByte(text, '\n') + 1
	if end == 0 {
		return 0, nil
	}
	line := bytes.TrimSuffix(text[:end-1], []byte("\r"))
	verb, arguments, _ := bytes.Cut(line, []byte(" "))
	switch string(verb) {
	case "MSG":
		size, err := n.message(arguments, text[end:], d)
		if size == 0 || err != nil {
			return 0, err
		}
		return end + size, nil
	case "PING":
		d.answer = append(d.answer, "PONG\r\n"...)
	case "PONG":
		d.confirmed = true
	case "-ERR":
		return 0, refused(string(arguments))
	case "INFO", "+OK":
	default:
		return 0, errNATS
	}
	return end, nil
}

// message takes in what follows the line of a MSG, whose last argument is the
// size of the payload. It returns the length of what it took, 0 if not all of it
// has come.
func (n *natsDialect) message(arguments, text []byte, d *delivery) (int, error) {
	size, digits := leadingInteger(arguments[bytes.LastIndexByte(arguments, ' ')+1:])
	if digits == 0 || digits > 8 || size > maxMessage {
		return 0, errNATS
	}
	payload, all := int(size), int(size)+len("\r\n")
	if len(text) < all {
		return 0, nil
	}
	d.times = appendTimes(d.times, text[:payload])
	return all, n.inspector.record(text[:payload], d)
}
