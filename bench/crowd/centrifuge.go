package crowd

import (
	"bytes"
	"encoding/json"
	"fmt"

	"ticker/bench"
)

// centrifugeDialect is the JSON protocol of centrifuge: commands, replies and
// pushes, a line each, of which a frame may hold several.
type centrifugeDialect struct {
	channels  []string
	awaited   int // replies that have not come
	inspector *inspector
}

// newCentrifugeDialect names every symbol where a pattern was asked for, which
// the protocol has not.
func newCentrifugeDialect(load *bench.Load, names []string, inspector *inspector) *centrifugeDialect {
	if load.Subscriptions == 0 {
		names = make([]string, load.Symbols)
		for i := range names {
			names[i] = bench.SymbolName(i)
		}
	}
	return &centrifugeDialect{channels: names, awaited: 1 + len(names), inspector: inspector}
}

func (*centrifugeDialect) subprotocol() string { return "" }

func (*centrifugeDialect) opcode() byte { return opText }

func (c *centrifugeDialect) greeting() []byte {
	commands := []byte(`{"id":1,"connect":{}}`)
	for i, channel := range c.channels {
		commands = fmt.Appendf(commands, "\n"+`{"id":%d,"subscribe":{"channel":%q}}`, i+2, channel)
	}
	return commands
}

func (c *centrifugeDialect) hear(message []byte, d *delivery) error {
	for len(message) > 0 {
		line, rest, _ := bytes.Cut(message, []byte("\n"))
		if err := c.hearLine(line, d); err != nil {
			return err
		}
		message = rest
	}
	return nil
}

func (c *centrifugeDialect) hearLine(line []byte, d *delivery) error {
	switch {
	case bytes.HasPrefix(line, []byte(`{"push":`)):
		return c.push(line, d)
	case string(line) == "{}": // a ping, and its answer
		d.answer = append(d.answer[:0], line...)
		return nil
	}
	return c.reply(line, d)
}

// push takes a publication in; what else may be pushed has no ts.
func (c *centrifugeDialect) push(line []byte, d *delivery) error {
	known := len(d.times)
	d.times = appendTimes(d.times, line)
	if len(d.times) == known || c.inspector == nil {
		return nil
	}
	var parsed struct {
		Push struct {
			Pub struct{ Data json.RawMessage }
		}
	}
	if err := json.Unmarshal(line, &parsed); err != nil {
		return errUnreadable
	}
	return c.inspector.record(parsed.Push.Pub.Data, d)
}

func (c *centrifugeDialect) reply(line []byte, d *delivery) error {
	var parsed struct {
		ID    uint32
		Error *struct {
			Code    int
			Message string
		}
	}
	switch err := json.Unmarshal(line, &parsed); {
	case err != nil:
		return errUnreadable
	case parsed.Error != nil:
		return refused(fmt.Sprintf("%d %s", parsed.Error.Code, parsed.Error.Message))
	case parsed.ID > 0:
		c.awaited--
	}
	d.confirmed = c.awaited == 0
	return nil
}
