package crowd

import (
	"bytes"
	"time"

	"ticker/bench"
	"ticker/wire"
)

// What a quotes event begins with, see wire.Codec.OpenQuotes; in MessagePack behind
// the number of its keys.
const (
	quotesHead   = `{"type":"event","channel":"quotes"`
	quotesHeadMP = "\xa4type\xa5event\xa7channel\xa6quotes"
)

// tickerDialect is the protocol of this service.
type tickerDialect struct {
	codec     wire.Codec
	head      string // what a quotes event begins with, behind so many bytes
	skip      int
	times     func(dst []int64, event []byte) []int64
	subscribe wire.Subscribe
	inspector *inspector
}

func newTickerDialect(load *bench.Load, names []string, inspector *inspector) *tickerDialect {
	t := &tickerDialect{
		codec: wire.JSON, head: quotesHead, times: appendTimes,
		subscribe: wire.Subscribe{Symbols: names, Interval: time.Duration(load.Interval), Fields: load.Set(), Delta: load.Delta},
		inspector: inspector,
	}
	if load.MsgPack {
		t.codec, t.head, t.skip, t.times = wire.MsgPack, quotesHeadMP, 1, appendTimesMP
	}
	return t
}

func (t *tickerDialect) subprotocol() string { return t.codec.Subprotocol() }

func (t *tickerDialect) opcode() byte {
	if t.codec == wire.MsgPack {
		return opBinary
	}
	return opText
}

func (t *tickerDialect) greeting() []byte {
	return t.codec.AppendRequest(nil, wire.Request{ID: "1", Body: &t.subscribe})
}

func (t *tickerDialect) hear(message []byte, d *delivery) error {
	if bytes.HasPrefix(message[min(t.skip, len(message)):], []byte(t.head)) {
		d.times = t.times(d.times, message)
		return t.inspector.event(t.codec, message, d)
	}
	parsed, err := t.codec.ParseMessage(message)
	if err != nil {
		return errUnreadable
	}
	switch m := parsed.(type) {
	case *wire.Response:
		d.confirmed = true
		return t.checkGrant(m)
	case *wire.Error:
		return refused(string(m.Code))
	}
	return nil
}

// checkGrant refuses to measure something else than what was asked for.
func (t *tickerDialect) checkGrant(answer *wire.Response) error {
	var granted wire.Subscribed
	if err := answer.Decode(&granted); err != nil {
		return errUnreadable
	}
	if len(granted.Rejected) > 0 {
		return refused(string(granted.Rejected[0].Code))
	}
	if granted.Interval != 0 && granted.Interval != t.subscribe.Interval {
		return refused("interval " + granted.Interval.String() + " granted")
	}
	return nil
}
