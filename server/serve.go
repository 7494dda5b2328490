package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ticker/fanout"
	"ticker/throttle"
	"ticker/wire"
)

// maxAnswer is the longest answer to one message. Common clients take messages
// of 1 MiB.
const maxAnswer = 1<<20 - 64<<10

// serve answers one message. An error ends the session.
func (c *client) serve(text []byte) error {
	verdict := c.commands.Judge(c.srv.now())
	if verdict == throttle.HangUp {
		return &hangUp{wire.ClosePolicy, "too many messages"}
	}
	req, err := c.codec.ParseRequest(text, c.srv.cfg.Limits.wire())
	refusal := refusalOf(err)
	if refusal != nil {
		req.ID = refusal.ID
	}
	var over error
	who, isAuth := req.Body.(*wire.Auth)
	switch {
	case verdict == throttle.Refuse:
		refusal = refuse(wire.CodeRateLimited, "too many messages: the welcome tells the limits")
	case refusal != nil:
	case isAuth:
		refusal, over = c.identify(req.ID, who)
	case !c.mayAsk(req.Body):
		refusal = refuse(wire.CodeUnauthorized, "a credential is needed: the auth command takes one")
	case c.srv.view(c.granted()).past.answers(req.Body):
		if refusal = c.sendErrand(req); refusal == nil {
			return nil // it is finished once it is answered
		}
	default:
		refusal = c.answer(req)
	}
	c.finish(req, refusal)
	return over
}

// finish counts a request that was answered, or answers it with a refusal.
func (c *client) finish(req wire.Request, refusal *wire.Error) {
	c.srv.metrics.command(req.Body, refusal)
	if refusal != nil {
		refusal.ID = req.ID
		c.send(refusal)
	}
}

// refusalOf returns what wire found wrong with a message.
func refusalOf(err error) *wire.Error {
	var refusal *wire.Error
	if err != nil && !errors.As(err, &refusal) {
		return refuse(wire.CodeInternal, "the message could not be read")
	}
	return refusal
}

// refuse makes an error message.
func refuse(code wire.Code, format string, args ...any) *wire.Error {
	return &wire.Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// answer does what a request asks for, and answers it unless it refuses.
func (c *client) answer(req wire.Request) *wire.Error {
	switch b := req.Body.(type) {
	case *wire.Ping:
		c.send(&wire.Pong{ID: req.ID, TS: time.Now().UnixMicro()})
		return nil
	case *wire.Subscribe:
		return c.subscribe(req.ID, b)
	case *wire.Unsubscribe:
		c.unsubscribe(req.ID, b)
		return nil
	}
	result, refusal := c.result(req.Body)
	if refusal != nil {
		return refusal
	}
	return c.respond(req.ID, result)
}

// respond answers a request with a result, unless that is too long.
func (c *client) respond(id string, result wire.Result) *wire.Error {
	text := c.codec.AppendMessage(nil, &wire.Response{ID: id, Result: result})
	if len(text) > maxAnswer {
		return refuse(wire.CodeTooLarge, "the answer has more than %d bytes: ask for less, or over HTTP", maxAnswer)
	}
	c.flow.Send(func(dst []byte) []byte { return append(dst, text...) })
	return nil
}

// result finds the answer to a request that the session's writing has no part in.
func (c *client) result(body wire.Body) (wire.Result, *wire.Error) {
	switch b := body.(type) {
	case *wire.Configure:
		return &wire.Configured{Bandwidth: c.flow.SetBandwidth(b.Bandwidth)}, nil
	case *wire.Publish:
		return c.srv.publish(b, c.granted())
	case *wire.SnapshotQuery:
		return c.snapshot(b)
	case *wire.SymbolsQuery:
		return c.srv.listSymbols(b, c.granted())
	case *wire.SessionQuery:
		return ledgerOf(c.flow), nil
	case *wire.HistoryQuery, *wire.CandlesQuery:
		return nil, errHistoryOff()
	}
	return nil, refuse(wire.CodeInternal, "no answer to %s", body.Verb())
}

func (c *client) subscribe(id string, b *wire.Subscribe) *wire.Error {
	if refusal := c.look(c.granted()); refusal != nil {
		return refusal
	}
	// What cannot be fetched now is pending, and starts when it can.
	_ = c.srv.reach(context.Background(), c.granted(), b.Symbols...)
	err := c.flow.Subscribe(requestOf(b), func(dst []byte, r fanout.Subscribed) []byte {
		return c.codec.AppendMessage(dst, &wire.Response{ID: id, Result: subscribedOf(r)})
	})
	if err != nil {
		return refuse(wire.CodeTooManySymbols, "a session has at most %d names and patterns", c.srv.symbolLimit(c.granted()))
	}
	return nil
}

// requestOf is what a subscribe command asks of fanout.
func requestOf(b *wire.Subscribe) fanout.Request {
	req := fanout.Request{
		Symbols: b.Symbols, Fields: b.Fields, Delta: b.Delta, Envelope: b.Envelope, Since: b.Since,
	}
	if b.Interval != 0 {
		req.Interval = &b.Interval
	}
	return req
}

func subscribedOf(r fanout.Subscribed) *wire.Subscribed {
	answer := &wire.Subscribed{Interval: r.Interval, Subscribed: r.Subscribed, Pending: r.Pending}
	for _, rejected := range r.Rejected {
		answer.Rejected = append(answer.Rejected, wire.RejectedSymbol{
			Symbol: rejected.Symbol, Code: codeOfSymbol(rejected.Err),
		})
	}
	return answer
}

func (c *client) unsubscribe(id string, b *wire.Unsubscribe) {
	c.flow.Unsubscribe(b.Symbols, func(dst []byte, subscribed []string) []byte {
		return c.codec.AppendMessage(dst, &wire.Response{ID: id, Result: &wire.Unsubscribed{Subscribed: subscribed}})
	})
}

func ledgerOf(flow *fanout.Session) *wire.Ledger {
	g := flow.Ledger()
	return &wire.Ledger{
		Produced: g.Produced, Delivered: g.Delivered, Conflated: g.Conflated, Pending: g.Pending,
		Frames: g.Frames, Bytes: g.Bytes, Age: wire.Ages{P50: g.AgeP50, P99: g.AgeP99},
	}
}
