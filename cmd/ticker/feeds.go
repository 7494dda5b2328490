package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"ticker/book"
	"ticker/feed"
	"ticker/feed/past"
	"ticker/feed/push"
	"ticker/feed/replay"
	"ticker/feed/sim"
	"ticker/wire"
)

// feedSet is the feeds of one service.
type feedSet struct {
	feeds []*feed.Feed
	push  *push.Source // the first push feed, nil if there is none
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

// feedMaker builds feeds from their SPECs.
type feedMaker struct {
	book    *book.Book
	archive *archive // nil if history is off
	log     *slog.Logger
	metrics *feed.Metrics
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
	return set, nil
}

func (m *feedMaker) add(set *feedSet, name string, spec feedSpec) error {
	own, options, err := spec.takeCommon()
	if err != nil {
		return err
	}
	source, err := m.source(spec, options, m.log.With("feed", name))
	if err != nil {
		return err
	}
	if p, ok := source.(*push.Source); ok && set.push == nil {
		set.push = p
	}
	f, err := feed.New(feed.Config{
		Name: name, Source: source, Book: m.book, Silence: own.silence, Logger: m.log, Metrics: m.metrics,
	})
	if err != nil {
		return err
	}
	set.feeds = append(set.feeds, f)
	return nil
}

func (m *feedMaker) source(spec feedSpec, options url.Values, log *slog.Logger) (feed.Source, error) {
	switch spec.kind {
	case "sim":
		cfg, err := sim.ParseOptions(options)
		if err != nil {
			return nil, err
		}
		return sim.New(cfg)
	case "replay":
		cfg, err := replay.ParseOptions(spec.path, options)
		if err != nil {
			return nil, err
		}
		cfg.Logger = log
		return replay.New(cfg)
	case "history":
		return m.session(options, log)
	case "push":
		if len(options) > 0 {
			return nil, fmt.Errorf("push has no options but name and silence, not %s", options.Encode())
		}
		return push.New(push.Config{})
	}
	return nil, fmt.Errorf("unknown kind %q", spec.kind)
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
func (p publisher) Publish(body []byte) (wire.Published, error) {
	accepted, rejected, err := p.source.PublishBody(body, nil)
	result := wire.Published{Accepted: accepted}
	for _, r := range rejected {
		result.Rejected = append(result.Rejected, wire.RejectedQuote{Line: r.Line, Code: wire.Code(r.Code), Message: r.Message})
	}
	return result, err
}
