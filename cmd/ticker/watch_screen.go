package main

import (
	"context"
	"errors"
	"maps"
	"os"
	"sync"
	"time"

	"ticker/client"
	"ticker/market"
	"ticker/wire"
)

const (
	// frameTime is the shortest time between two pictures: 20 a second are more
	// than anybody reads.
	frameTime = 50 * time.Millisecond
	// idleTime is the longest: ages go on when nothing else does.
	idleTime = time.Second
	// meterTime is over how long the rate of records is taken.
	meterTime = time.Second
	// accountTime is how often the service is asked for the ledger, which also
	// tells that it is there: the heartbeat alone would take longer.
	accountTime = time.Second
	// longestWait bounds the wait for the next connection: somebody is looking.
	longestWait = 10 * time.Second
	// maxKeysWaiting is how many keys, and how many signals, wait for their turn.
	// Of keys beyond it the terminal takes care; signals beyond it are lost, with
	// as many before them that make the screen be drawn anew.
	maxKeysWaiting = 16
)

// screen is the live table of a watch.
//
//	client ──► view, facts ──┐
//	keys, signals ───────────┴─► run: board ──picture──► terminal
//
// The client's goroutine, the one that asks for the ledger and the one that
// reads keys only leave behind what they learnt. The board belongs to run.
type screen struct {
	terminal *terminal
	watcher  *watcher
	view     *client.View
	board    *board
	url      string
	meter    meter
	quotes   []market.Quote
	pressed  chan stroke
	signals  chan os.Signal

	mu    sync.Mutex
	facts facts
}

// facts are what was learnt about the connection.
type facts struct {
	link    link
	refused map[string]wire.Code
	ledger  *wire.Ledger
	behind  time.Duration // how far our clock is at least
	news    bool          // not drawn yet
}

// watchTable draws the table until ctx is done, or somebody quits.
func watchTable(ctx context.Context, t *terminal, o *watchOptions) error {
	s := &screen{
		terminal: t, view: client.NewView(), board: newBoard(o.symbols, o.subscribed()), url: shownURL(o.url),
		pressed: make(chan stroke, maxKeysWaiting), signals: make(chan os.Signal, maxKeysWaiting),
	}
	s.facts.refused = make(map[string]wire.Code)
	var err error
	s.watcher, err = newWatcher(o, client.Config{
		OnQuotes: s.apply, OnState: s.changed, OnGranted: s.granted, MaxReconnectDelay: longestWait,
	})
	if err != nil {
		return err
	}
	return s.live(ctx)
}

// live runs everything until the first of it ends.
func (s *screen) live(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	// On the way out, the terminal is given back first, whatever else happens.
	defer workers.Wait()
	defer cancel()
	defer s.terminal.leave()
	if err := s.terminal.enter(); err != nil {
		return err
	}
	ends := []func(context.Context) error{s.watcher.run, s.account}
	if s.terminal.in != nil {
		ends = append(ends, s.listen)
	}
	failures := make([]error, len(ends))
	for i, end := range ends {
		workers.Go(func() {
			defer cancel()
			defer s.terminal.leaveOnPanic()
			failures[i] = end(ctx)
		})
	}
	drawing := s.run(ctx)
	cancel()
	s.terminal.leave()
	workers.Wait()
	return errors.Join(append(failures, drawing)...)
}

// run draws until ctx is done or somebody quits.
func (s *screen) run(ctx context.Context) error {
	stop := notifyTerminal(s.signals)
	defer stop()
	frames := time.NewTicker(frameTime)
	defer frames.Stop()
	var changed <-chan struct{}
	var drawn time.Time
	due := true
	for {
		select {
		case <-ctx.Done():
			return nil
		case signal := <-s.signals:
			due = true
			if err := s.terminal.obey(signal); err != nil {
				return err
			}
		case k := <-s.pressed:
			due = true
			if quit, err := s.obey(k); quit || err != nil {
				return err
			}
		case now := <-frames.C:
			if !due && !closed(changed) && !s.hasNews() && now.Sub(drawn) < idleTime && !s.board.fades(drawn, now) {
				continue
			}
			due, drawn, changed = false, now, s.view.Changed()
			if err := s.draw(now); err != nil {
				return err
			}
		}
	}
}

// obey does what a key asks for, and reports whether that is to quit.
func (s *screen) obey(k stroke) (quit bool, err error) {
	switch {
	case s.board.quits(k):
		return true, nil
	case k == keyCtrlZ:
		return false, askToSuspend()
	case k == keyCtrlL:
		s.terminal.forget()
	default:
		s.board.press(k, time.Now())
	}
	return false, nil
}

func (s *screen) draw(now time.Time) error {
	scene := s.scene(now)
	if s.board.paused.IsZero() {
		s.quotes = s.view.Quotes(s.quotes[:0])
		s.board.take(s.quotes, now)
	}
	s.board.sample(now, s.board.paused.IsZero() && scene.link.trust(now) == trusted)
	return s.terminal.draw(s.board.picture(scene))
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// listen passes keys on until ctx is done.
func (s *screen) listen(ctx context.Context) error {
	return s.terminal.keys(ctx, func(k stroke) {
		select {
		case s.pressed <- k:
		case <-ctx.Done():
		}
	})
}

// account asks for the ledger until ctx is done.
func (s *screen) account(ctx context.Context) error {
	turns := time.NewTicker(accountTime)
	defer turns.Stop()
	for {
		s.accounted(s.ask(ctx))
		select {
		case <-ctx.Done():
			return nil
		case <-turns.C:
		}
	}
}

// ask asks for the ledger, or whether the service is there where it cannot be asked
// for that: over event streams and polls.
func (s *screen) ask(ctx context.Context) (*wire.Ledger, error) {
	ledger, err := s.watcher.client.Session(ctx)
	var refusal *wire.Error
	switch {
	case errors.As(err, &refusal):
		_, err = s.watcher.client.Ping(ctx)
		return nil, err
	case err != nil:
		return nil, err
	}
	return &ledger, nil
}

// accounted takes an answer.
func (s *screen) accounted(l *wire.Ledger, err error) {
	if err != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.facts.link.hear(time.Now())
	s.facts.news = true
	s.facts.ledger = l
}

// apply, changed and granted are told by the client.
func (s *screen) apply(b client.Batch) {
	s.view.Apply(b)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.facts.link.hear(b.Received)
	for i := range b.Records {
		ahead := time.UnixMicro(b.Records[i].Recv).Sub(b.Received)
		s.facts.behind = max(s.facts.behind, ahead)
	}
}

// changed takes a new state of the connection. What another life of the book
// said is nothing to compare with, and is forgotten at once.
func (s *screen) changed(state client.State) {
	if state.Phase == client.Online && state.Welcome.Epoch != "" {
		s.view.Apply(client.Batch{Epoch: state.Welcome.Epoch})
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.facts.link.change(state, time.Now())
	s.facts.ledger, s.facts.news = nil, true
}

func (s *screen) granted(g client.Granted) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range g.Symbols {
		delete(s.facts.refused, name)
	}
	for _, r := range g.Rejected {
		s.facts.refused[r.Symbol] = r.Code
	}
	s.facts.link.grant(time.Now())
	s.facts.news = true
}

func (s *screen) hasNews() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.facts.news
}

// scene gathers what there is to show besides the quotes.
func (s *screen) scene(now time.Time) *scene {
	stats := s.view.Stats()
	columns, rows := s.terminal.size()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.facts.news = false
	return &scene{
		link: s.facts.link, url: s.url, refused: maps.Clone(s.facts.refused), ledger: s.facts.ledger,
		perSecond: s.meter.rate(stats.Records, now), conflated: stats.Conflated,
		now: now, behind: s.facts.behind,
		columns: columns, rows: rows, ink: s.terminal.ink, keyboard: s.terminal.in != nil,
	}
}

// meter turns a count that grows into a rate.
type meter struct {
	count     uint64
	at        time.Time
	perSecond uint64
}

// rate returns how much the count grew in a second, lately.
func (m *meter) rate(count uint64, now time.Time) uint64 {
	if m.at.IsZero() {
		m.count, m.at = count, now
	}
	if passed := now.Sub(m.at); passed >= meterTime {
		m.perSecond = (count - m.count) * uint64(time.Second) / uint64(passed)
		m.count, m.at = count, now
	}
	return m.perSecond
}
