package client

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"ticker/market"
	"ticker/wire"
)

// Subscription is what a client wants to be sent.
type Subscription struct {
	// Symbols are names, "AAPL", and patterns, "BTC-*". An entry that is
	// already subscribed gets the new options.
	Symbols []string
	// Interval is the shortest time between two records of a symbol; 0 leaves
	// it to the service.
	Interval time.Duration
	// Fields are the value fields that are wanted; 0 for all.
	Fields market.Fields
	// Delta asks for records that hold only what changed. A View merges them.
	Delta bool
	// Envelope asks for the extremes, number and volume of the trades that each
	// record stands for. Poll has none: Granted says so.
	Envelope bool
}

// Granted is what the service made of a subscription.
type Granted struct {
	// Interval is the one that was granted. Poll does not tell: then it is the one
	// that was asked for.
	Interval time.Duration
	// Symbols are those that were accepted. Pending are the names among them
	// that have no data yet; Poll does not tell them when it resumes.
	Symbols, Pending []string
	// NoEnvelope says that envelopes were asked for and do not come, because the
	// transport is Poll.
	NoEnvelope bool
	// Rejected are those that were not accepted, each with the reason. They are
	// not asked for again.
	Rejected []wire.RejectedSymbol
}

// verdict is what became of one name; the zero verdict is that it was accepted
// and has data, or is a pattern.
type verdict struct {
	rejected wire.Code
	pending  bool
}

func verdicts(s *wire.Subscribed) map[string]verdict {
	all := make(map[string]verdict, len(s.Pending)+len(s.Rejected))
	for _, name := range s.Pending {
		all[name] = verdict{pending: true}
	}
	for _, r := range s.Rejected {
		all[r.Symbol] = verdict{rejected: r.Code}
	}
	return all
}

func (g *Granted) add(name string, v verdict) {
	if v.rejected != "" {
		g.Rejected = append(g.Rejected, wire.RejectedSymbol{Symbol: name, Code: v.rejected})
		return
	}
	g.Symbols = append(g.Symbols, name)
	if v.pending {
		g.Pending = append(g.Pending, name)
	}
}

// Subscribe adds symbols to the set, or gives those that are in it new options,
// and waits until the service has answered for them, whatever happens to the
// connection meanwhile. If ctx is done first they stay in the set.
//
// Symbols that the service does not accept are in Granted.Rejected and no
// error. A *wire.Error says that it refused the command as a whole; what was
// granted before is then still in force.
func (c *Client) Subscribe(ctx context.Context, s Subscription) (Granted, error) {
	if len(s.Symbols) == 0 {
		return Granted{}, errors.New("subscribe: no symbols")
	}
	names, rejected := checkNames(s.Symbols)
	if len(names) == 0 {
		return Granted{Rejected: rejected}, nil
	}
	t, err := c.set.add(names, options{s.Interval, s.Fields, s.Delta, s.Envelope})
	if err != nil {
		return Granted{}, fmt.Errorf("subscribe: %w", err)
	}
	if err := c.wait(ctx, t.done); err != nil {
		return Granted{}, fmt.Errorf("subscribe: %w", err)
	}
	g := t.granted
	g.Rejected = append(g.Rejected, rejected...)
	if t.err != nil {
		return g, fmt.Errorf("subscribe: %w", t.err)
	}
	return g, nil
}

// checkNames parts what can be a symbol or a pattern from what cannot, and
// drops what is there twice.
func checkNames(symbols []string) (names []string, rejected []wire.RejectedSymbol) {
	names = slices.Compact(slices.Sorted(slices.Values(symbols)))
	names = slices.DeleteFunc(names, func(name string) bool {
		_, err := market.ParsePattern(name)
		if err != nil {
			rejected = append(rejected, wire.RejectedSymbol{Symbol: name, Code: wire.CodeBadSymbol})
		}
		return err != nil
	})
	return names, rejected
}

// SetBandwidth caps what the service sends, in bytes a second; 0 lifts the cap.
// Under the cap symbols take turns, each with its newest values. It returns the cap
// that was granted, and holds across connections; if ctx is done first it still is
// asked for. Poll knows no cap: there the error is a *wire.Error with unavailable,
// and the cap holds from the next connection on that has one.
func (c *Client) SetBandwidth(ctx context.Context, bytesPerSecond int64) (int64, error) {
	if bytesPerSecond < 0 {
		return 0, errors.New("set bandwidth: it must be 0 or more")
	}
	t := c.set.limit(bytesPerSecond)
	if err := c.wait(ctx, t.done); err != nil {
		return 0, fmt.Errorf("set bandwidth: %w", err)
	}
	if t.err != nil {
		return 0, fmt.Errorf("set bandwidth: %w", t.err)
	}
	return t.bandwidth, nil
}

// Unsubscribe takes names and patterns out of the set, each by its own name,
// and waits until the service sends them no more. What is not in the set is
// passed over.
func (c *Client) Unsubscribe(ctx context.Context, symbols ...string) error {
	t := c.set.remove(slices.Compact(slices.Sorted(slices.Values(symbols))))
	if err := c.wait(ctx, t.done); err != nil {
		return fmt.Errorf("unsubscribe: %w", err)
	}
	if t.err != nil {
		return fmt.Errorf("unsubscribe: %w", t.err)
	}
	return nil
}

// follow brings the service in line with the set, until ctx is done. The error
// is a reason to end the connection.
func (s *session) follow(ctx context.Context) error {
	room := roomOf(s.welcome.Limits)
	for ctx.Err() == nil {
		var err error
		if p, ok := s.set.next(room); ok {
			err = s.carryOut(ctx, &p)
		} else {
			select {
			case <-s.set.changed:
			case <-ctx.Done():
			}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// carryOut sends one plan and waits until it is settled. One that is refused
// for the moment is made again after a pause.
func (s *session) carryOut(ctx context.Context, p *plan) error {
	var unreadable error
	a, err := s.call(ctx, p.body(), func(a answer) { unreadable = s.settle(p, a) })
	switch {
	case err != nil:
		return fmt.Errorf("%s: %w", p.body().Verb(), err)
	case unreadable != nil:
		return fmt.Errorf("%s: %w", p.body().Verb(), unreadable)
	case a.err != nil && temporary(a.err):
		select {
		case <-time.After(refusalPause):
		case <-ctx.Done():
		}
	}
	return nil
}

// settle is called by the reader, so that whatever is read after the answer
// finds the set as the answer left it.
func (s *session) settle(p *plan, a answer) error {
	switch {
	case a.err != nil && temporary(a.err):
		s.set.again(p)
	case p.leave:
		if a.err == nil {
			s.modes.removed(p.names)
		}
		s.set.leave(p, a.err)
	case a.err != nil && p.configure != nil:
		s.set.capped(p, 0, a.err)
	case a.err != nil:
		s.refused(p, a.err)
	case a.response == nil:
		return errAnswerKind
	case p.configure != nil:
		var result wire.Configured
		if err := a.response.Decode(&result); err != nil {
			return err
		}
		s.set.capped(p, result.Bandwidth, nil)
	default:
		var result wire.Subscribed
		if err := a.response.Decode(&result); err != nil {
			return err
		}
		judged := verdicts(&result)
		s.modes.granted(p, judged)
		s.granted(p, result.Interval, judged, s.cursors)
	}
	return nil
}
