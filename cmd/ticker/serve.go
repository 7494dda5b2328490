package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"ticker/book"
	"ticker/fanout"
	"ticker/feed"
	"ticker/feed/capture"
	"ticker/feed/nats"
	"ticker/publish"
	"ticker/server"
	"ticker/throttle"
)

// service is everything that serve runs.
type service struct {
	settings *settings
	log      *slog.Logger
	registry *prometheus.Registry
	book     *book.Book
	archive  *archive // nil if history is off
	node     *node    // nil if the service is alone
	hub      *fanout.Hub
	plans    plans
	access   *access
	feeds    *feedSet
	sinks    sinkSet
	server   *server.Server
	public   net.Listener
	admin    net.Listener
	reloader *reloader

	failed     chan error // from the parts
	memory     memory
	discarding *part // while another node records
}

// serve runs the service until ctx is done or a signal comes.
func serve(ctx context.Context, env *environment, c *configuration) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	lines := startLogWriter(env.stderr)
	defer lines.close()
	log, level := newLogger(lines, c.settings, isTerminal(env.stderr))
	for _, name := range c.unknown {
		log.Warn("environment variable is no setting and is ignored", "variable", name)
	}
	limitMemory(os.DirFS("/"), env, log)
	hangUps := catchHangUps(c)
	defer signal.Stop(hangUps)
	s, err := newService(ctx, c.settings, log)
	if err != nil {
		return err
	}
	if s.reloader, err = newReloader(s, c, level, hangUps); err != nil {
		return err
	}
	if err := s.registerLog(lines); err != nil {
		return err
	}
	// From the second signal on, signals do what they do to any program.
	context.AfterFunc(ctx, stop)
	return s.run(ctx)
}

// newService builds everything, in the order in which quotes flow, and starts
// nothing.
func newService(ctx context.Context, cfg *settings, log *slog.Logger) (*service, error) {
	s := &service{settings: cfg, log: log, registry: prometheus.NewRegistry()}
	var err error
	if s.access, err = newAccess(cfg, log, s.registry); err != nil {
		return nil, err
	}
	if err := s.makeBook(); err != nil {
		return nil, err
	}
	bk := s.book
	intervals := throttle.Intervals{Default: cfg.interval.byDefault, Min: cfg.interval.min, Max: cfg.interval.max}
	demand := &feed.Demand{}
	if err := s.makeNode(demand); err != nil {
		return nil, err
	}
	hubs := fanout.Config{
		Audience: demand, Places: s.node.cursors(),
		Book: bk, Intervals: intervals, Heartbeat: cfg.heartbeat, MaxSymbols: int(cfg.limits.symbols),
		Logger: log, Registerer: s.registry,
	}
	if s.hub, err = fanout.New(hubs); err != nil {
		return nil, fmt.Errorf("make fan-out: %w", err)
	}
	if err := s.makePlans(hubs); err != nil {
		return nil, err
	}
	maker := &feedMaker{
		joints: newJoints(bk, log, s.registry), archive: s.archive, demand: demand, log: log,
		metrics: feed.NewMetrics(s.registry), captures: capture.NewMetrics(s.registry), nats: nats.NewMetrics(s.registry),
	}
	if s.feeds, err = maker.make(cfg.feeds); err != nil {
		return nil, usageError{err}
	}
	sinks := &sinkMaker{book: bk, flush: publishShare(cfg.shutdown), log: log, metrics: publish.NewMetrics(s.registry)}
	if s.sinks, err = sinks.make(cfg.publish); err != nil {
		return nil, usageError{err}
	}
	s.server, err = server.New(s.serverConfig(bk, intervals))
	if err != nil {
		return nil, fmt.Errorf("make server: %w", err)
	}
	return s, s.listen(ctx)
}

// makeBook makes the book, and the history that it is recorded in.
func (s *service) makeBook() (err error) {
	if s.archive, err = newArchive(s.settings, s.log); err != nil {
		return err
	}
	s.book = book.New(book.Config{
		MaxSymbols: int(s.settings.limits.bookSymbols), Encode: fanout.Encode,
		Sampling: s.archive.sampling(s.settings.history.every),
	})
	if err := s.registerRuntime(s.book); err != nil {
		return err
	}
	if s.archive == nil {
		return nil
	}
	if err := s.archive.record(s.settings, s.book, s.registry); err != nil {
		return fmt.Errorf("make history: %w", err)
	}
	return nil
}

// registerRuntime adds the metrics that belong to no room: the size of the
// book, the Go runtime, the process.
func (s *service) registerRuntime(bk *book.Book) error {
	symbols := prometheus.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "ticker_book_symbols", Help: "Symbols that have a record.",
	}, func() float64 { return float64(bk.Roster().Len()) })
	for _, c := range []prometheus.Collector{
		symbols, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}),
	} {
		if err := s.registry.Register(c); err != nil {
			return fmt.Errorf("register metrics: %w", err)
		}
	}
	return nil
}

// registerLog adds the count of log lines that nobody read in time.
func (s *service) registerLog(lines *logWriter) error {
	lost := prometheus.NewCounterFunc(prometheus.CounterOpts{
		Name: "ticker_log_lines_lost_total", Help: "Log lines that found the queue to the log full.",
	}, func() float64 { return float64(lines.lost.Load()) })
	if err := s.registry.Register(lost); err != nil {
		return fmt.Errorf("register metrics: %w", err)
	}
	return nil
}

func (s *service) serverConfig(bk *book.Book, intervals throttle.Intervals) server.Config {
	limits, live := s.settings.limits, s.settings.live(s.log)
	cfg := server.Config{
		Book: bk, Hub: s.hub, Delayed: s.plans.views(), Intervals: intervals, Heartbeat: s.settings.heartbeat,
		Limits: server.Limits{
			Sessions: live.Sessions, PerAddress: live.PerAddress, Connections: live.Connections, Handshakes: live.Handshakes,
			Symbols: int(limits.symbols), MessageBytes: int(limits.messageBytes),
			CommandsPerSecond: int(limits.commandsPerSecond), CommandBurst: int(limits.commandBurst),
			RequestsPerSecond: int(limits.requestsPerSecond), Stall: limits.stall, SessionAge: limits.sessionAge,
		},
		AllowedOrigins: live.AllowedOrigins, Proxies: s.settings.proxies, Resources: watchedResources(s.hub.Behind),
		// Half of that time is for spreading the end of sessions, the rest is for
		// those that take their time.
		DrainWindow: drainShare(s.settings.shutdown) / 2,
		Logger:      s.log, Registry: s.registry,
	}
	if s.feeds.push != nil {
		cfg.Publisher = publisher{s.feeds.push}
	}
	s.access.configure(&cfg, s.settings.auth.allowQuery)
	cfg.Feeds = s.node.duties(s.feeds.ready)
	s.node.configure(&cfg)
	if s.archive != nil {
		cfg.History = answers{s.archive.queries}
		cfg.Checks = append(cfg.Checks, s.archive)
	}
	return cfg
}

// drainShare and flushShare are the parts of the time for a shutdown that its
// longest steps may take, one after the other: the sessions, and what history has
// not stored yet. The rest is for all other steps. publishShare, a part of the
// first, is for the final records of sinks.
func publishShare(shutdown time.Duration) time.Duration { return shutdown / 10 }
func drainShare(shutdown time.Duration) time.Duration   { return shutdown * 6 / 10 }
func flushShare(shutdown time.Duration) time.Duration   { return shutdown * 3 / 10 }

// run runs the service until ctx is done or a part of it fails, and takes it
// down in order: no new clients, no new quotes, clients sent away, the rest.
func (s *service) run(ctx context.Context) error {
	failed := make(chan error, 6+len(s.feeds.feeds))
	s.failed = failed
	// Parts must outlive ctx: they end in order, not all at once.
	lasting := context.WithoutCancel(ctx)
	access := start(lasting, failed, s.access.run)
	reloads := start(lasting, failed, s.reloader.run)
	hub := start(lasting, failed, s.hub.Run)
	carrier := start(lasting, failed, s.node.carry)
	if s.node == nil || s.node.standby == nil {
		s.remember(lasting)
	}
	delayed := start(lasting, failed, s.plans.run)
	feeds := start(lasting, failed, s.takeIn)
	sinks := start(lasting, failed, s.sinks.run)
	s.awaitQuotes(ctx)
	public := start(lasting, failed, func(ctx context.Context) error { return s.server.Serve(ctx, s.public) })
	admin := start(lasting, failed, func(ctx context.Context) error { return s.server.ServeAdmin(ctx, s.admin) })
	s.log.Info("serving", "dashboard", s.url(s.access.scheme("http"), s.public, "/"), "websocket", s.url(s.access.scheme("ws"), s.public, "/v1/ws"),
		"admin", s.url("http", s.admin, "/metrics"))

	var err error
	select {
	case <-ctx.Done():
		s.log.Info("shutting down", "timeout", s.settings.shutdown)
	case err = <-failed:
		s.log.Error("shutting down: a part of the service failed", "error", err)
	}
	deadline, cancel := context.WithTimeout(lasting, drainShare(s.settings.shutdown))
	defer cancel()
	began := time.Now()
	s.server.StopAccepting()
	feeds.stop()
	sinks.stop()
	if drained := s.server.Drain(deadline); drained != nil {
		s.log.Warn("some sessions were cut before they had closed", "error", drained)
	}
	public.stop()
	reloads.stop()
	access.stop()
	hub.stop()
	delayed.stop()
	carrier.stop()
	err = errors.Join(err, s.memory.stop())
	admin.stop()
	lost, spooled := s.archive.left()
	s.log.Info("stopped", "after", time.Since(began).Round(time.Millisecond), "lost_rows", lost, "spooled_rows", spooled)
	return err
}
