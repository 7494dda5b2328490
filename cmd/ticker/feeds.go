package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"ticker/feed"
	"ticker/feed/capture"
	"ticker/feed/nats"
	"ticker/feed/past"
	"ticker/feed/push"
	"ticker/feed/replay"
	"ticker/feed/sim"
	"ticker/feed/venues"
	"ticker/market"
	"ticker/server"
	"ticker/wire"
)

// feedSet is the feeds of one service.
type feedSet struct {
	feeds     []*feed.Feed
	push      *push.Source  // the first push feed, nil if there is none
	ready     []server.Feed // what readiness waits for
	recorders []*capture.Recorder
}

// await waits until what clients push would be taken: a publisher that finds
// the service listening must not be told that it is unavailable.
func (s *feedSet) await(ctx context.Context) {
	if s.push == nil {
		return
	}
	select {
	case <-s.push.Ready():
	case <-ctx.Done():
	}
}

// run runs the feeds until ctx is done, and writes what of them is recorded.
func (s *feedSet) run(ctx context.Context) error {
	lasting, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var recorders errgroup.Group
	for _, r := range s.recorders {
		recorders.Go(func() error { return r.Run(lasting) })
	}
	var feeds errgroup.Group
	for _, f := range s.feeds {
		feeds.Go(func() error { return f.Run(ctx) })
	}
	err := feeds.Wait()
	stop() // only now: a recorder takes what its feed said last
	return errors.Join(err, recorders.Wait())
}

// feedMaker builds feeds from their SPECs.
type feedMaker struct {
	joints   *joints
	archive  *archive // nil if history is off
	demand   *feed.Demand
	log      *slog.Logger
	metrics  *feed.Metrics
	captures *capture.Metrics
	nats     *nats.Metrics
}

// make builds every feed and starts none. An error is a mistake in a SPEC, or
// a recording that cannot be opened.
func (m *feedMaker) make(specs []feedSpec) (*feedSet, error) {
	names, err := feedNames(specs)
	if err != nil {
		return nil, err
	}
	set := &feedSet{}
	for i, spec := range specs {
		if err := m.add(set, names[i], spec); err != nil {
			return nil, fmt.Errorf("feed %v: %w", spec, err)
		}
	}
	set.ready = m.joints.ready
	return set, nil
}

func (m *feedMaker) add(set *feedSet, name string, spec feedSpec) error {
	own, options, err := spec.takeCommon()
	if err != nil {
		return err
	}
	into, err := m.joints.book(name, own)
	if err != nil {
		return err
	}
	tap, err := m.tap(set, name, own)
	if err != nil {
		return err
	}
	cfg := feed.Config{Name: name, Book: into, Silence: own.silence, Logger: m.log, Metrics: m.metrics}
	r := wanted{spec: spec, options: options, name: name, silence: own.silence, tap: tap, log: m.log.With("feed", name)}
	if slices.Contains(venues.Exchanges(), spec.kind) {
		cfg.Silence = 0 // each of its connections keeps the limit by itself
		cfg.Lines, err = m.exchange(r)
	} else {
		cfg.Source, err = m.source(r)
	}
	if err != nil {
		return err
	}
	if p, ok := cfg.Source.(*push.Source); ok && set.push == nil {
		set.push = p
	}
	f, err := feed.New(cfg)
	if err != nil {
		return err
	}
	set.feeds = append(set.feeds, f)
	m.joints.add(f, own)
	return nil
}

// tap returns what records a feed, nil if nothing does.
func (m *feedMaker) tap(set *feedSet, name string, own common) (feed.Tap, error) {
	if own.record == "" {
		return nil, nil
	}
	r, err := capture.New(capture.Config{Dir: own.record, Feed: name, Logger: m.log, Metrics: m.captures})
	if err != nil {
		return nil, err
	}
	set.recorders = append(set.recorders, r)
	return r, nil
}

// wanted is what is asked of the source of one feed.
type wanted struct {
	spec    feedSpec
	options url.Values // without those that all feeds have
	name    string
	silence time.Duration
	tap     feed.Tap
	log     *slog.Logger
}

// exchange makes the live feed of an exchange.
func (m *feedMaker) exchange(r wanted) (feed.Lines, error) {
	return venues.Connect(r.spec.kind, r.options, venues.Live{
		Demand: m.demand, Silence: r.silence, Tap: r.tap, Logger: r.log, Count: m.metrics.Live(r.name),
	})
}

func (m *feedMaker) source(r wanted) (feed.Source, error) {
	switch r.spec.kind {
	case "sim":
		cfg, err := sim.ParseOptions(r.options)
		if err != nil {
			return nil, err
		}
		return sim.New(cfg)
	case "replay":
		cfg, err := replay.ParseOptions(r.spec.path, r.options)
		if err != nil {
			return nil, err
		}
		cfg.Logger = r.log
		return replay.New(cfg)
	case "history":
		return m.session(r.options, r.log)
	case "push":
		if len(r.options) > 0 {
			return nil, fmt.Errorf("push has no options but those of all feeds, not %s", r.options.Encode())
		}
		return push.New(push.Config{Tap: r.tap})
	}
	return m.queue(r)
}

// session makes a feed of the past.
func (m *feedMaker) session(options url.Values, log *slog.Logger) (feed.Source, error) {
	cfg, err := past.ParseOptions(options, parseOptionTime)
	if err != nil {
		return nil, err
	}
	if m.archive == nil {
		return nil, errors.New("there is no history to play: history.url is off")
	}
	cfg.Reader, cfg.Logger = tapes{m.archive.store, m.archive.symbols}, log
	return past.New(cfg)
}

// parseOptionTime reads a time among the options of a SPEC, where a plus sign
// stands for a blank.
func parseOptionTime(text string) (int64, error) {
	return wire.ParseTime(strings.ReplaceAll(text, " ", "+"))
}

// publisher brings what clients publish to a push feed.
type publisher struct{ source *push.Source }

// Publish implements server.Publisher.
func (p publisher) Publish(body []byte, may func(market.Symbol) bool) (wire.Published, error) {
	accepted, rejected, err := p.source.PublishBody(body, may)
	result := wire.Published{Accepted: accepted}
	for _, r := range rejected {
		result.Rejected = append(result.Rejected, wire.RejectedQuote{Line: r.Line, Code: wire.Code(r.Code), Message: r.Message})
	}
	return result, err
}
