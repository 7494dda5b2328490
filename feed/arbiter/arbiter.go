package arbiter

import (
	"errors"
	"fmt"
	"hash/maphash"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ticker/feed"
	"ticker/market"
)

const (
	// MaxLegs is the most legs that an Arbiter has.
	MaxLegs = 4

	// defaultPatience is far longer than what two connections to one venue are
	// apart.
	defaultPatience = 5 * time.Second

	// numShards bounds how long a leg that is lost keeps the others waiting: its
	// symbols are marked one shard at a time. For updates alone one lock would do.
	numShards = 64
)

// Config says what an Arbiter is made of. Name and Book are required.
type Config struct {
	// Name is the metric label, and the `source` of the quotes.
	Name string
	Book feed.Book
	// Patience is how long the leg in charge of a channel without order may say
	// nothing before the other is heard; 5 s if 0.
	Patience time.Duration
	// Logger gets a line when a leg is lost and when another takes charge. Nil
	// logs nothing.
	Logger *slog.Logger
	// Metrics counts; nil counts for nobody.
	Metrics *Metrics
	// Now reads the clock for updates that do not say when they were accepted;
	// time.Now if nil.
	Now func() time.Time
}

// Arbiter joins legs. Make one with New.
type Arbiter struct {
	cfg       Config
	log       *slog.Logger
	id        market.SourceID
	began     time.Time // where monotonic readings are counted from
	lines     atomic.Uint32
	seed      maphash.Seed
	shards    [numShards]shard
	failovers func()

	mu     sync.Mutex // may be taken while a shard's is held
	legs   []*leg
	charge *leg // that counts as in charge of the whole, nil while none is live
}

// shard holds the records whose symbols hash to it.
type shard struct {
	mu      sync.Mutex
	records map[market.Symbol]*record
	_       [48]byte // the rest of a cache line
}

// New builds an Arbiter without legs and starts nothing. The error names what is
// wrong with the configuration.
func New(cfg Config) (*Arbiter, error) {
	switch {
	case cfg.Name == "":
		return nil, errors.New("configure arbiter: no name")
	case cfg.Book == nil:
		return nil, fmt.Errorf("configure arbiter %q: no book", cfg.Name)
	case cfg.Patience < 0:
		return nil, fmt.Errorf("configure arbiter %q: patience must not be negative", cfg.Name)
	case cfg.Patience == 0:
		cfg.Patience = defaultPatience
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	if cfg.Metrics == nil {
		cfg.Metrics = NewMetrics(nil)
	}
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	a := &Arbiter{
		cfg: cfg, log: cfg.Logger.With("feed", cfg.Name), id: cfg.Book.Line(cfg.Name),
		began: cfg.Now(), seed: maphash.MakeSeed(),
		failovers: cfg.Metrics.failovers.WithLabelValues(cfg.Name).Inc,
	}
	for i := range a.shards {
		a.shards[i].records = make(map[market.Symbol]*record)
	}
	return a, nil
}

// Leg adds a leg and returns it as the book of its feed. The name is the feed's,
// and a metric label. The error tells that the name is empty or taken, or that
// there are MaxLegs already.
func (a *Arbiter) Leg(name string) (feed.Book, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch {
	case name == "":
		return nil, fmt.Errorf("add leg to %q: no name", a.cfg.Name)
	case slices.ContainsFunc(a.legs, func(l *leg) bool { return l.name == name }):
		return nil, fmt.Errorf("add leg to %q: %q is there already", a.cfg.Name, name)
	case len(a.legs) == MaxLegs:
		return nil, fmt.Errorf("add leg %q to %q: it has %d already", name, a.cfg.Name, MaxLegs)
	}
	l := &leg{arbiter: a, index: len(a.legs), name: name, results: a.cfg.Metrics.of(a.cfg.Name, name)}
	a.legs = append(a.legs, l)
	return l, nil
}

func (a *Arbiter) shardOf(symbol market.Symbol) *shard {
	return &a.shards[maphash.String(a.seed, string(symbol))%numShards]
}

// forwardLocked gives an update to the book as the arbiter's own. Its place is
// the arbiter's too and always rises, so that the book agrees with whatever was
// decided here. The update is left as it was.
func (a *Arbiter) forwardLocked(r *record, u *market.Update) market.Outcome {
	source, link, seq := u.Source, u.Link, u.Seq
	r.place++
	u.Source, u.Link, u.Seq = a.id, 1, r.place
	outcome := a.cfg.Book.Apply(u)
	u.Source, u.Link, u.Seq = source, link, seq
	return outcome
}

// wakeLocked makes a stale record live again without a change of its values.
func (a *Arbiter) wakeLocked(r *record, u *market.Update) {
	a.forwardLocked(r, &market.Update{Symbol: u.Symbol, Recv: u.Recv, At: u.At})
}

// arrived puts a leg in charge that became live, if none is.
func (a *Arbiter) arrived(l *leg) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.charge == nil {
		a.charge = l
		a.log.Info("leg in charge", slog.String("leg", l.name))
	}
}

// lost puts another leg in charge if the one that went was.
func (a *Arbiter) lost(l *leg, reason market.Reason) {
	a.mu.Lock()
	defer a.mu.Unlock()
	live := 0
	var next *leg
	for _, other := range slices.Backward(a.legs) {
		if other.symbols.Load() > 0 {
			live++
			next = other
		}
	}
	if a.charge == l {
		a.charge = next
		if next != nil {
			a.failovers()
		}
	}
	inCharge := ""
	if a.charge != nil {
		inCharge = a.charge.name
	}
	a.log.Warn("leg lost", slog.String("leg", l.name), slog.String("reason", reason.String()),
		slog.Int("legs_left", live), slog.String("in_charge", inCharge))
}

// set is a set of legs, one bit each.
type set uint8

func (s set) has(leg int) bool    { return s&(1<<leg) != 0 }
func (s set) with(leg int) set    { return s | 1<<leg }
func (s set) without(leg int) set { return s &^ (1 << leg) }
