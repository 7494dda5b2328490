package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/errgroup"

	"ticker/book"
	"ticker/fanout"
	"ticker/feed"
	"ticker/relay"
	"ticker/relay/nats"
	"ticker/relay/nats/embedded"
	"ticker/relay/redis"
	"ticker/server"
)

// engine is what carries the stream between nodes.
type engine interface {
	relay.Outlet
	relay.Inlet
	relay.Lease
	// Run keeps the connection until ctx is done.
	Run(ctx context.Context) error
	Connected() bool
}

// node makes a service one of several. It is nil where the service is alone.
type node struct {
	role      string
	log       *slog.Logger
	book      *book.Book
	engine    engine
	embedded  *embedded.Server // nil unless the engine is in this process
	places    *relay.Places
	follower  *relay.Follower
	standby   *relay.Standby   // nil where quotes are never taken in
	publisher *relay.Publisher // likewise
	leading   atomic.Bool
}

// makeNode makes the node that a service is, and starts nothing.
func (s *service) makeNode(demand *feed.Demand) error {
	cfg := s.settings
	if !cfg.relay.on() {
		return nil
	}
	n := &node{role: cfg.relay.role, log: s.log.With("part", "relay"), book: s.book, places: relay.NewPlaces(s.book.Epoch())}
	s.node = n
	if err := n.makeEngine(cfg, s.registry); err != nil {
		return usageError{fmt.Errorf("relay.url: %w", err)}
	}
	following := relay.FollowerConfig{
		Book: n.book, Inlet: n.engine, Places: n.places, All: n.role != roleEdge, Demand: demand, Logger: n.log, Registerer: s.registry,
	}
	if cfg.relay.leads() {
		return n.makeStandby(cfg, following, s.lead)
	}
	var err error
	n.follower, err = relay.NewFollower(following)
	return err
}

// makeEngine makes the engine that a URL names.
func (n *node) makeEngine(cfg *settings, registry prometheus.Registerer) error {
	address := cfg.relay.url
	if strings.HasPrefix(address, "embedded:") {
		c, err := embedded.ParseURL(address, filepath.Join(cfg.data, "nats"))
		if err != nil {
			return err
		}
		c.Logger = n.log
		if n.embedded, err = embedded.New(c); err != nil {
			return err
		}
		address = c.EngineURL()
	}
	if strings.HasPrefix(address, "redis") {
		c, err := redis.ParseURL(address)
		if err != nil {
			return err
		}
		c.Logger, c.Metrics = n.log, redis.NewMetrics(registry)
		n.engine, err = redis.New(c)
		return err
	}
	c, err := nats.ParseURL(address)
	if err != nil {
		return err
	}
	c.Logger, c.Metrics = n.log, nats.NewMetrics(registry)
	n.engine, err = nats.New(c)
	return err
}

func (n *node) makeStandby(cfg *settings, following relay.FollowerConfig, lead func(context.Context) error) (err error) {
	host, err := os.Hostname()
	if err != nil {
		return fmt.Errorf("name this node: %w", err)
	}
	n.standby, err = relay.NewStandby(relay.StandbyConfig{
		Follower: following,
		Candidate: relay.CandidateConfig{
			Lease: n.engine, Holder: host + "-" + rand.Text()[:8], Logger: n.log,
			Lead: func(ctx context.Context, _ uint64) error { return n.lead(ctx, lead) },
		},
	})
	if err != nil {
		return err
	}
	n.follower = n.standby.Follower()
	n.publisher, err = relay.NewPublisher(relay.PublisherConfig{
		Book: n.book, Outlet: n.engine, Places: n.places, Mandate: n.standby.Mandate(), Every: cfg.relay.every,
		Logger: n.log, Registerer: following.Registerer,
	})
	return err
}

// lead does what a leader does, and sends the book to the other nodes until that has
// ended: its last words go out, too.
func (n *node) lead(ctx context.Context, lead func(context.Context) error) error {
	n.leading.Store(true)
	defer n.leading.Store(false)
	publishing, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var group errgroup.Group
	group.Go(func() error { return n.publisher.Run(publishing) })
	err := lead(ctx)
	stop()
	return errors.Join(err, group.Wait())
}

// carry keeps the engine connected until ctx is done.
func (n *node) carry(ctx context.Context) error {
	if n == nil {
		return nil
	}
	if n.embedded == nil {
		return n.engine.Run(ctx)
	}
	lasting, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	var group errgroup.Group
	group.Go(func() error {
		defer stop()
		return n.embedded.Run(lasting)
	})
	select {
	case <-n.embedded.Ready():
	case <-lasting.Done():
		return group.Wait()
	case <-ctx.Done():
		stop()
		return group.Wait()
	}
	running, cancel := context.WithCancel(ctx)
	defer cancel()
	release := context.AfterFunc(lasting, cancel)
	defer release()
	err := n.engine.Run(running)
	stop()
	return errors.Join(err, group.Wait())
}

// run fills the book until ctx is done. The error says why it cannot go on: another
// node leads where this one did.
func (n *node) run(ctx context.Context) error {
	if n.standby == nil {
		return n.follower.Run(ctx)
	}
	return n.standby.Run(ctx)
}

// Trouble implements server.Check.
func (n *node) Trouble() string {
	if n.leading.Load() {
		if !n.engine.Connected() {
			return "relay: the engine is not reachable"
		}
		return ""
	}
	if err := n.follower.Ready(); err != nil {
		return "relay: " + err.Error()
	}
	return ""
}

// cursors is what cursors name at this node, nil where it is alone.
func (n *node) cursors() fanout.Places {
	if n == nil {
		return nil
	}
	return n.places
}

// configure tells a server what it may expect of this node.
func (n *node) configure(cfg *server.Config) {
	if n == nil {
		return
	}
	cfg.Checks = append(cfg.Checks, n)
	switch n.role {
	case roleEdge:
		cfg.Reach = n.follower.Reach
	case roleIngest, roleRecorder:
		cfg.Sessionless = "this node serves no sessions: its relay.role is " + n.role
	}
}

// duty is a feed that a node needs only while it leads.
type duty struct {
	server.Feed
	node *node
}

// Connected implements server.Feed.
func (d duty) Connected() bool { return !d.node.leading.Load() || d.Feed.Connected() }

// duties wraps feeds for a server. Alone, a service needs them always.
func (n *node) duties(feeds []server.Feed) []server.Feed {
	if n == nil {
		return feeds
	}
	wrapped := make([]server.Feed, len(feeds))
	for i, f := range feeds {
		wrapped[i] = duty{f, n}
	}
	return wrapped
}
