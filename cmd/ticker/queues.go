package main

import (
	"fmt"

	"ticker/feed"
	"ticker/feed/kafka"
	"ticker/feed/nats"
	"ticker/feed/rabbitmq"
	"ticker/feed/redis"
	"ticker/feed/venues"
)

// queue makes the source of a message queue. With the option venue it reads the
// raw messages of an exchange, else quotes in the service's own form.
func (m *feedMaker) queue(r wanted) (feed.Source, error) {
	parser, err := parserOf(r)
	if err != nil {
		return nil, err
	}
	switch r.spec.kind {
	case "kafka":
		cfg, err := kafka.ParseOptions(r.options)
		if err != nil {
			return nil, err
		}
		cfg.NewParser, cfg.Tap, cfg.Logger = parser, r.tap, r.log
		return kafka.New(cfg)
	case "nats":
		cfg, err := nats.ParseOptions(r.options)
		if err != nil {
			return nil, err
		}
		cfg.NewParser, cfg.Tap, cfg.Logger, cfg.Metrics = parser, r.tap, r.log, m.nats
		return nats.New(cfg)
	case "rabbitmq":
		cfg, err := rabbitmq.ParseOptions(r.options)
		if err != nil {
			return nil, err
		}
		cfg.NewParser, cfg.Tap, cfg.Logger = parser, r.tap, r.log
		return rabbitmq.New(cfg)
	case "redis":
		cfg, err := redis.ParseOptions(r.options)
		if err != nil {
			return nil, err
		}
		cfg.NewParser, cfg.Tap, cfg.Logger = parser, r.tap, r.log
		return redis.New(cfg)
	}
	return nil, fmt.Errorf("unknown kind %q", r.spec.kind)
}

// parserOf takes the option venue, and returns what makes parsers for it; nil
// without the option.
func parserOf(r wanted) (func() feed.Parser, error) {
	venue := r.options.Get("venue")
	r.options.Del("venue")
	if venue == "" {
		return nil, nil
	}
	if _, err := venues.Parser(venue); err != nil {
		return nil, err
	}
	return func() feed.Parser {
		p, err := venues.Parser(venue)
		if err != nil {
			panic(err) // it was there a moment ago
		}
		return p
	}, nil
}
