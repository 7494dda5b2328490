package live

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"time"

	"ticker/market"
)

// never is how long to wait for nothing in particular.
const never = time.Hour

// dealer deals the symbols that are wanted out to lines. It belongs to the
// goroutine of Source.Run.
type dealer struct {
	source  *Source
	start   func(*line) context.CancelFunc // runs a line until it is cancelled
	tables  []*table
	seats   map[string]*seat // by the venue's name
	left    map[string]place // of the newest trades of symbols that lost their seats
	numbers int
	crowds  sampler
}

// table is a line with its symbols.
type table struct {
	line    *line
	cancel  context.CancelFunc
	natives []string
	changed bool
}

// seat is the place of one symbol.
type seat struct {
	symbol market.Symbol
	table  *table
	left   time.Time // when its last watcher left; zero while it is wanted
}

func newDealer(s *Source, start func(*line) context.CancelFunc) *dealer {
	return &dealer{source: s, start: start, seats: make(map[string]*seat), left: make(map[string]place)}
}

// deal opens what is wanted now and closes what has not been wanted for the time
// of grace. It returns when to deal again at the latest.
func (d *dealer) deal(entries []string, now time.Time) (again time.Duration) {
	wanted := d.wanted(entries, now)
	again = d.close(wanted, now)
	for _, native := range slices.Sorted(maps.Keys(wanted)) {
		d.open(native, wanted[native])
	}
	d.settle()
	return again
}

// wanted returns our symbols of what is wanted, by the venue's names. What would
// be too much is left out, entry by entry.
func (d *dealer) wanted(entries []string, now time.Time) map[string]market.Symbol {
	wanted := make(map[string]market.Symbol)
	left := 0
	for _, entry := range entries {
		found := d.source.resolve(entry)
		if len(d.source.cfg.Symbols) == 0 && len(wanted)+len(found) > d.source.cfg.Max {
			left++
			continue
		}
		for symbol, native := range found {
			wanted[native] = symbol
		}
	}
	if left > 0 {
		if held, ok := d.crowds.take(now); ok {
			d.source.log.Warn("more symbols are watched than the feed may ask for", slog.Int("max", d.source.cfg.Max),
				slog.Int("names_and_patterns_left_out", left), slog.Int("held_back", held))
		}
	}
	return wanted
}

// close gives up the seats that have not been wanted for the time of grace, or
// sooner if what is wanted needs the room.
func (d *dealer) close(wanted map[string]market.Symbol, now time.Time) (again time.Duration) {
	again = never
	room := d.source.cfg.Max - len(wanted)
	for _, native := range slices.Sorted(maps.Keys(d.seats)) {
		s := d.seats[native]
		if _, ok := wanted[native]; ok {
			s.left = time.Time{}
			continue
		}
		if s.left.IsZero() {
			s.left = now
		}
		left := d.source.cfg.Grace - now.Sub(s.left)
		if left > 0 && room > 0 {
			again = min(again, left)
			room--
			continue
		}
		d.leave(native, s)
	}
	return again
}

func (d *dealer) leave(native string, s *seat) {
	delete(d.seats, native)
	t := s.table
	t.natives = slices.DeleteFunc(slices.Clone(t.natives), func(n string) bool { return n == native })
	t.changed = true
	if newest := t.line.mute(s.symbol); newest.seq != 0 && len(d.left) < maxTraded {
		d.left[native] = newest
	}
}

// open gives a symbol a seat at the first line that has room, or at a new one.
func (d *dealer) open(native string, symbol market.Symbol) {
	if d.seats[native] != nil {
		return
	}
	t := d.roomy()
	d.seats[native] = &seat{symbol: symbol, table: t}
	t.natives = append(slices.Clip(t.natives), native)
	t.changed = true
	t.line.unmute(symbol, d.left[native])
	delete(d.left, native)
}

func (d *dealer) roomy() *table {
	limit := d.source.venue.Limits.Symbols
	for _, t := range d.tables {
		if limit == 0 || len(t.natives) < limit {
			return t
		}
	}
	d.numbers++
	t := &table{line: newLine(d.source, d.numbers)}
	d.tables = append(d.tables, t)
	return t
}

// settle tells the lines what they have now. Lines that have nothing end, and
// those that are new begin.
func (d *dealer) settle() {
	for _, t := range d.tables {
		if t.changed {
			t.line.wants.set(t.natives)
			t.changed = false
		}
		switch {
		case len(t.natives) == 0 && t.cancel != nil:
			t.cancel()
		case len(t.natives) > 0 && t.cancel == nil:
			t.cancel = d.start(t.line)
		}
	}
	d.tables = slices.DeleteFunc(d.tables, func(t *table) bool { return len(t.natives) == 0 })
}
