package main

import (
	"context"
	"maps"
	"os"
	"sync"
	"time"

	"ticker/client"
	"ticker/market"
	"ticker/wire"
)

const (
	// frameTime is the shortest time between two pictures: what changes faster
	// nobody reads.
	frameTime = 100 * time.Millisecond
	// idleTime is the longest: ages go on when nothing else does.
	idleTime = time.Second
	// meterTime is over how long the rate of records is taken.
	meterTime = time.Second
)

// screen is the live table of a watch.
type screen struct {
	terminal *terminal
	view     *client.View
	table    *table
	url      string
	meter    meter
	quotes   []market.Quote

	mu      sync.Mutex
	state   client.State
	since   time.Time // of the state
	refused map[string]wire.Code
	news    bool // of the three above
}

// watchTable draws the table until ctx is done, or somebody quits.
func watchTable(ctx context.Context, t *terminal, o *watchOptions) (err error) {
	s := &screen{
		terminal: t, view: client.NewView(), table: newTable(o.symbols), url: shownURL(o.url),
		refused: make(map[string]wire.Code),
	}
	w, err := newWatcher(o, client.Config{OnQuotes: s.view.Apply, OnState: s.changed, OnGranted: s.granted})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	var watching, typing error
	// On the way out, the terminal is given back first, whatever else happens.
	defer workers.Wait()
	defer cancel()
	defer t.leave()
	if err := t.enter(); err != nil {
		return err
	}
	workers.Go(func() {
		defer cancel()
		defer t.leaveOnPanic()
		watching = w.run(ctx)
	})
	if t.in != nil {
		workers.Go(func() {
			defer cancel()
			defer t.leaveOnPanic()
			typing = t.keys(ctx, func(key byte) {
				if quits(key) {
					cancel()
				}
			})
		})
	}
	drawing := s.run(ctx)
	cancel()
	workers.Wait()
	for _, err := range []error{watching, drawing, typing} {
		if err != nil {
			return err
		}
	}
	return nil
}

// leaveOnPanic gives the terminal back before a panic of this goroutine ends
// the program and writes why.
func (t *terminal) leaveOnPanic() {
	if reason := recover(); reason != nil {
		t.leave()
		panic(reason)
	}
}

// quits reports whether a key ends the watch: q, Ctrl-C, or Ctrl-D.
func quits(key byte) bool { return key == 'q' || key == 'Q' || key == 3 || key == 4 }

// run draws until ctx is done.
func (s *screen) run(ctx context.Context) error {
	resized := make(chan os.Signal, 1)
	stop := notifyResize(resized)
	defer stop()
	frames := time.NewTicker(frameTime)
	defer frames.Stop()
	for {
		changed, drawn := s.view.Changed(), time.Now()
		if err := s.terminal.draw(s.table.render(s.scene(drawn))); err != nil {
			return err
		}
		for due := false; !due; {
			select {
			case <-ctx.Done():
				return nil
			case <-resized:
				due = true
			case now := <-frames.C:
				due = now.Sub(drawn) >= idleTime || closed(changed) || s.hasNews()
			}
		}
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// changed and granted are told by the client.
func (s *screen) changed(state client.State) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state, s.since, s.news = state, time.Now(), true
}

func (s *screen) granted(g client.Granted) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range g.Symbols {
		delete(s.refused, name)
	}
	for _, r := range g.Rejected {
		s.refused[r.Symbol] = r.Code
	}
	s.news = true
}

func (s *screen) hasNews() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.news
}

// scene gathers what there is to show.
func (s *screen) scene(now time.Time) *scene {
	stats := s.view.Stats()
	s.quotes = s.view.Quotes(s.quotes[:0])
	columns, rows := s.terminal.size()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.news = false
	return &scene{
		url: s.url, state: s.state, retry: max(s.state.Delay-now.Sub(s.since), 0),
		quotes: s.quotes, refused: maps.Clone(s.refused),
		perSecond: s.meter.rate(stats.Records, now), conflated: stats.Conflated,
		now: now.UnixMicro(), columns: columns, rows: rows, colour: s.terminal.colour,
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
