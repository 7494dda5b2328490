package main

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"ticker/book"
	"ticker/market"
	"ticker/publish"
	"ticker/publish/kafka"
	"ticker/publish/nats"
	"ticker/publish/redis"
)

// sinkKinds returns the kinds of systems that records are published to.
func sinkKinds() []string { return []string{"kafka", "nats", "redis"} }

// sinksValue is the list of sinks; each item is a SPEC.
type sinksValue []feedSpec

func (v *sinksValue) set(items []string) error {
	var specs []feedSpec
	for _, item := range items {
		spec, err := parseSpec(item, "sink", "nats:?url=nats://127.0.0.1", sinkKinds())
		if err != nil {
			return err
		}
		specs = append(specs, spec)
	}
	*v = specs
	_, err := sinkNames(specs)
	return err
}

func (v *sinksValue) get() []string { return (*feedsValue)(v).get() }
func (v *sinksValue) list() bool    { return true }

// sinkOptions are the options that every sink has.
type sinkOptions struct {
	name     string
	interval time.Duration
	patterns []market.Pattern
}

// defaultPublishInterval is the time between two records of a symbol on a sink.
const defaultPublishInterval = time.Second

// takeSinkOptions removes the options that all sinks have from a copy of the
// spec's, and returns both.
func (s feedSpec) takeSinkOptions() (sinkOptions, url.Values, error) {
	rest := make(url.Values, len(s.options))
	for name, values := range s.options {
		rest[name] = values
	}
	o := sinkOptions{name: rest.Get("name"), interval: defaultPublishInterval}
	if text := rest.Get("interval"); text != "" {
		d := durationValue{at: &o.interval, least: 10 * time.Millisecond, most: time.Hour}
		if err := d.set([]string{text}); err != nil {
			return o, nil, fmt.Errorf("interval: %w", err)
		}
	}
	for text := range strings.SplitSeq(cmp.Or(rest.Get("symbols"), "*"), ",") {
		p, err := market.ParsePattern(strings.TrimSpace(text))
		if err != nil {
			return o, nil, fmt.Errorf("symbols: %q: %w", text, err)
		}
		o.patterns = append(o.patterns, p)
	}
	for _, taken := range []string{"name", "interval", "symbols"} {
		rest.Del(taken)
	}
	return o, rest, nil
}

// sinkNames returns a name for each sink: its own, or its kind, with a number from
// the second of a kind on.
func sinkNames(specs []feedSpec) ([]string, error) {
	var names []string
	for _, spec := range specs {
		o, _, err := spec.takeSinkOptions()
		if err != nil {
			return nil, fmt.Errorf("sink %v: %w", spec, err)
		}
		name := o.name
		if name == "" {
			name = freeName(spec.kind, names)
		}
		if err := validName(name); err != nil {
			return nil, fmt.Errorf("sink %v: %w", spec, err)
		}
		if slices.Contains(names, name) {
			return nil, fmt.Errorf("two sinks are named %s", name)
		}
		names = append(names, name)
	}
	return names, nil
}

// sinkSet is the publishers of one service.
type sinkSet []*publish.Publisher

// run publishes until ctx is done.
func (s sinkSet) run(ctx context.Context) error {
	var group errgroup.Group
	for _, p := range s {
		group.Go(func() error { return p.Run(ctx) })
	}
	return group.Wait()
}

// sinkMaker builds publishers from their SPECs.
type sinkMaker struct {
	book    *book.Book
	flush   time.Duration // how long the final records may take at the end
	log     *slog.Logger
	metrics *publish.Metrics
}

// make builds the publishers and starts none. An error is a mistake in a SPEC.
func (m *sinkMaker) make(specs []feedSpec) (sinkSet, error) {
	names, err := sinkNames(specs)
	if err != nil {
		return nil, err
	}
	var set sinkSet
	for i, spec := range specs {
		o, options, err := spec.takeSinkOptions()
		if err != nil {
			return nil, err
		}
		sink, err := sinkOf(spec.kind, options, m.log.With("sink", names[i]))
		if err != nil {
			return nil, fmt.Errorf("sink %v: %w", spec, err)
		}
		p, err := publish.New(publish.Config{
			Name: names[i], Book: m.book, Interval: o.interval, Patterns: o.patterns, Sink: sink,
			FlushTimeout: m.flush, Logger: m.log, Metrics: m.metrics,
		})
		if err != nil {
			return nil, fmt.Errorf("sink %v: %w", spec, err)
		}
		set = append(set, p)
	}
	return set, nil
}

func sinkOf(kind string, options url.Values, log *slog.Logger) (publish.Sink, error) {
	switch kind {
	case "kafka":
		cfg, err := kafka.ParseOptions(options)
		if err != nil {
			return nil, err
		}
		return kafka.New(cfg)
	case "nats":
		cfg, err := nats.ParseOptions(options)
		if err != nil {
			return nil, err
		}
		cfg.Logger = log
		return nats.New(cfg)
	case "redis":
		cfg, err := redis.ParseOptions(options)
		if err != nil {
			return nil, err
		}
		cfg.Logger = log
		return redis.New(cfg)
	}
	return nil, fmt.Errorf("unknown kind %q", kind)
}
