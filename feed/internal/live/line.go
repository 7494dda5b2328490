package live

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"ticker/feed"
	"ticker/market"
)

const (
	// statusChannel is that of the changes of status which a line makes by itself.
	statusChannel market.Channel = 255
	// maxMissed is the widest jump of trade ids that is a gap; a wider one is
	// another numbering.
	maxMissed = 1_000_000
)

// line is the connections for some symbols of the venue, which live and die
// together. It is a feed.Source.
type line struct {
	source *Source
	number int
	wants  *wants
	gaps   sampler

	mu       sync.Mutex
	to       feed.Sink               // nil while the line is down
	shut     int                     // endpoints that are not open yet
	trades   map[market.Symbol]place // of the newest trade of each symbol
	before   map[market.Symbol]place // of the newest trade, told on another line
	muted    map[market.Symbol]bool  // no longer wanted, and maybe still sent
	messages uint64                  // that were read
	marker   Marker                  // the parser that reads, nil if it is none
}

// place is the number of a trade, and its time.
type place struct {
	seq uint64
	ts  int64
}

func newLine(s *Source, number int) *line {
	return &line{
		source: s, number: number, wants: newWants(),
		trades: make(map[market.Symbol]place), before: make(map[market.Symbol]place),
		muted: make(map[market.Symbol]bool),
	}
}

// String tells lines apart in the log.
func (l *line) String() string { return strconv.Itoa(l.number) }

// Run implements feed.Source: it makes the connections, and ends them all when
// one of them ends.
func (l *line) Run(ctx context.Context, to feed.Sink) error {
	endpoints := l.source.venue.Endpoints
	l.attach(to, len(endpoints))
	defer l.attach(nil, 0)
	g, ctx := errgroup.WithContext(ctx)
	for i := range endpoints {
		k := &socket{line: l, endpoint: &endpoints[i]}
		g.Go(func() error { return k.run(ctx) })
	}
	return g.Wait()
}

func (l *line) attach(to feed.Sink, endpoints int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to, l.shut = to, endpoints
}

// opened notes that an endpoint is open. The line is connected when all are.
func (l *line) opened() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.shut--; l.shut == 0 {
		l.to.Connected()
	}
}

// alive passes on that the venue answered a ping.
func (l *line) alive() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to.Alive()
}

// parse has a message read and handed over. The error is feed.ErrSkipped for what
// carried no quote; what was refused has been told to the sink.
func (l *line) parse(s *session, message []byte) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.messages++
	l.marker = s.marker
	switch err := s.parser.Parse(message, s.emit); {
	case err == nil:
		return nil
	case isSkipped(err):
		l.to.Alive()
		return err
	default:
		l.to.Reject(err, message)
		return err
	}
}

// update hands over one update of a message. It is called with mu held.
func (l *line) update(u *market.Update) {
	if len(l.muted) > 0 && l.muted[u.Symbol] {
		return
	}
	venue := &l.source.venue
	switch {
	case u.Channel != market.Trades:
	case u.Seq == 0 && venue.Unnumbered && l.again(u):
		l.to.Alive()
		return
	case u.Seq != 0 && l.toldElsewhere(u):
		l.to.Alive()
		return
	case u.Seq != 0:
		l.count(u)
	}
	l.to.Update(u)
}

// toldElsewhere reports whether a trade was told before its symbol came to this
// line: the book knows the order of one line only. A venue that began to count
// anew has later times.
func (l *line) toldElsewhere(u *market.Update) bool {
	if len(l.before) == 0 {
		return false
	}
	newest, ok := l.before[u.Symbol]
	if !ok {
		return false
	}
	if u.Seq <= newest.seq && u.TS <= newest.ts {
		return u.Trade
	}
	delete(l.before, u.Symbol)
	return false
}

// again reports whether a trade without a sequence was told before. One without a
// time, too, cannot be recognised.
func (l *line) again(u *market.Update) bool {
	if u.TS == 0 {
		return false
	}
	t := trade{price: u.Values[market.Last], size: u.Values[market.LastSize]}
	if l.marker != nil {
		t.mark = l.marker.Mark()
	}
	return l.source.retold.again(u.Symbol, u.TS, t, origin{l.number, l.messages})
}

// count looks for a gap before a trade. A trade that was replayed is one that was
// missed, unless it was seen.
func (l *line) count(u *market.Update) {
	last := l.trades[u.Symbol].seq
	if u.Seq <= last {
		return
	}
	l.trades[u.Symbol] = place{u.Seq, u.TS}
	missed := u.Seq - last
	if u.Trade {
		missed--
	}
	if !l.source.venue.DenseTrades || last == 0 || missed == 0 || missed > maxMissed {
		return
	}
	l.source.cfg.Count.Missed(missed)
	if held, ok := l.gaps.take(time.Now()); ok {
		l.log().Warn("trades were missed", slog.String("symbol", string(u.Symbol)),
			slog.Uint64("trades", missed), slog.Uint64("before", u.Seq), slog.Int("held_back", held))
	}
}

// mute has a symbol ignored that is no longer wanted, and marks it stale: its
// price is not looked after any more. It returns the place of its newest trade, for
// the line that the symbol comes back to.
func (l *line) mute(symbol market.Symbol) place {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.muted[symbol] = true
	newest, ok := l.trades[symbol]
	if !ok {
		newest = l.before[symbol]
	}
	delete(l.trades, symbol) // what is traded until it is wanted again is not missed
	delete(l.before, symbol)
	if l.to != nil { // else it is stale already, with the line
		l.to.Update(&market.Update{
			Symbol: symbol, Channel: statusChannel, Set: market.Fields(0).With(market.StatusField),
			Status: market.Stale, Reason: market.Disconnected,
		})
	}
	return newest
}

// unmute has a symbol listened to, behind its newest trade if that was told before.
func (l *line) unmute(symbol market.Symbol, newest place) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.muted, symbol)
	if newest.seq != 0 {
		l.before[symbol] = newest
	}
}

func (l *line) log() *slog.Logger { return l.source.log.With("line", l.String()) }

// refused tells of streams that the venue will not have.
func (l *line) refused(streams []Stream, reason string) {
	l.source.cfg.Count.Refused(len(streams))
	for _, s := range streams {
		l.log().Warn("subscription refused", slog.String("channel", s.Channel),
			slog.String("stream", s.Name), slog.String("reason", reason))
	}
}

// complained tells of an error of the venue that is about nothing in particular.
func (l *line) complained(reason string) {
	l.log().Warn("exchange reports an error", slog.String("reason", reason))
}

func (l *line) throttled(reason string) {
	l.log().Warn("exchange wants fewer requests", slog.String("reason", reason))
}
