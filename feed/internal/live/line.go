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

	mu     sync.Mutex
	to     feed.Sink                // nil while the line is down
	shut   int                      // endpoints that are not open yet
	trades map[market.Symbol]uint64 // id of the newest trade of each symbol
	muted  map[market.Symbol]bool   // no longer wanted, and maybe still sent
}

func newLine(s *Source, number int) *line {
	return &line{
		source: s, number: number, wants: newWants(),
		trades: make(map[market.Symbol]uint64), muted: make(map[market.Symbol]bool),
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
	if u.Channel == market.Trades && u.Seq != 0 && l.source.venue.DenseTrades {
		l.count(u)
	}
	l.to.Update(u)
}

// count looks for a gap before a trade. A trade that was replayed is one that was
// missed, unless it was seen.
func (l *line) count(u *market.Update) {
	last := l.trades[u.Symbol]
	if u.Seq <= last {
		return
	}
	l.trades[u.Symbol] = u.Seq
	missed := u.Seq - last
	if u.Trade {
		missed--
	}
	if last == 0 || missed == 0 || missed > maxMissed {
		return
	}
	l.source.cfg.Count.Missed(missed)
	if held, ok := l.gaps.take(time.Now()); ok {
		l.log().Warn("trades were missed", slog.String("symbol", string(u.Symbol)),
			slog.Uint64("trades", missed), slog.Uint64("before", u.Seq), slog.Int("held_back", held))
	}
}

// mute has a symbol ignored that is no longer wanted, and marks it stale: its
// price is not looked after any more.
func (l *line) mute(symbol market.Symbol) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.muted[symbol] = true
	if l.to == nil {
		return // it is stale already, with the line
	}
	l.to.Update(&market.Update{
		Symbol: symbol, Channel: statusChannel, Set: market.Fields(0).With(market.StatusField),
		Status: market.Stale, Reason: market.Disconnected,
	})
}

func (l *line) unmute(symbol market.Symbol) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.muted, symbol)
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
