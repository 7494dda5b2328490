package history

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ticker/market"
)

// Bounds of what may be asked at once.
const (
	// MaxRecords is the most records of one answer.
	MaxRecords = 10_000
	// MaxSteps and MaxDays bound the span of candles.
	MaxSteps = 10_000
	MaxDays  = 366
	// MinStep and MaxStep bound the width of a candle.
	MinStep = time.Second
	MaxStep = 24 * time.Hour
)

const (
	defaultLimit = 500
	defaultSteps = 500
	defaultStep  = time.Minute

	defaultTimeout    = 5 * time.Second
	defaultConcurrent = 16
	// maxQueueing is how long a question waits for others to be answered.
	maxQueueing = time.Second
)

// Why a question that was right was not answered.
var (
	// ErrTimeout: the store took longer than QueriesConfig.Timeout.
	ErrTimeout = errors.New("no answer in time")
	// ErrBusy: as many questions as may be are at the store, and none was
	// answered within a second.
	ErrBusy = errors.New("too many questions at one time")
)

// RefusalKind says what sort of mistake a question has.
type RefusalKind uint8

// The kinds of refusal.
const (
	// BadQuestion: a time, a step, a limit or a token that cannot be used.
	BadQuestion RefusalKind = iota
	// BadSymbol: a name that is neither a symbol nor, where one may stand, a
	// pattern.
	BadSymbol
	// TooMuch: the answer would be longer than MaxRecords.
	TooMuch
)

// Refusal is the error of a question that is wrong and would be again.
type Refusal struct {
	Kind RefusalKind
	// Reason is for whoever asked, and names the limit if there is one.
	Reason string
}

// Error returns the reason.
func (r *Refusal) Error() string { return r.Reason }

func refuse(kind RefusalKind, format string, args ...any) *Refusal {
	return &Refusal{Kind: kind, Reason: fmt.Sprintf(format, args...)}
}

// QueriesConfig says how Queries are made.
type QueriesConfig struct {
	Store Reader
	// Every is the period of the recording; 0 if every update is kept.
	Every time.Duration
	// Timeout bounds the time of one question at the store; 5 s if 0.
	Timeout time.Duration
	// Delay is how old what is told has to be; 0 tells of everything. A question that
	// reaches further is answered up to there.
	Delay time.Duration
	// Concurrent is the most questions at the store at one time; 16 if 0.
	Concurrent int
	// Now is this machine's clock; time.Now if nil.
	Now func() time.Time
}

// Queries answers what clients ask about the past. Its errors are, or wrap,
// *Refusal, ErrUnknown, ErrTimeout, ErrBusy, that of the context, or whatever
// kept the store from answering.
type Queries struct {
	store   Reader
	every   time.Duration
	delay   time.Duration
	timeout time.Duration
	now     func() time.Time
	slots   chan struct{} // one for each question at the store
}

// NewQueries makes Queries.
func NewQueries(cfg QueriesConfig) *Queries {
	q := &Queries{store: cfg.Store, every: cfg.Every, delay: cfg.Delay, timeout: cfg.Timeout, now: cfg.Now}
	if q.timeout <= 0 {
		q.timeout = defaultTimeout
	}
	if q.now == nil {
		q.now = time.Now
	}
	if cfg.Concurrent <= 0 {
		cfg.Concurrent = defaultConcurrent
	}
	q.slots = make(chan struct{}, cfg.Concurrent)
	return q
}

// AsOf returns the newest record at or before a time, in microseconds since the
// Unix epoch, of every symbol that one of the names and patterns covers, sorted
// by symbol. Symbols without one are absent.
func (q *Queries) AsOf(ctx context.Context, texts []string, at int64) (quotes []market.Quote, err error) {
	patterns, err := parsePatterns(texts)
	if err != nil {
		return nil, err
	}
	err = q.ask(ctx, func(ctx context.Context) error {
		quotes, err = q.store.AsOf(ctx, patterns, min(at, q.end()-1), MaxRecords)
		return err
	})
	if errors.Is(err, ErrTooMany) {
		return nil, refuse(TooMuch, "an answer has at most %d records: ask for fewer symbols", MaxRecords)
	}
	return quotes, err
}

// end returns the time before which what was accepted may be told.
func (q *Queries) end() int64 {
	if q.delay == 0 {
		return endOfTime
	}
	return q.now().Add(-q.delay).UnixMicro()
}

func parsePatterns(texts []string) ([]market.Pattern, error) {
	if len(texts) == 0 {
		return nil, refuse(BadQuestion, "no symbols")
	}
	patterns := make([]market.Pattern, len(texts))
	for i, text := range texts {
		p, err := market.ParsePattern(text)
		if err != nil {
			return nil, badSymbol(text, err)
		}
		patterns[i] = p
	}
	return patterns, nil
}

// badSymbol refuses a name, which is a stranger's text of any length.
func badSymbol(text string, err error) *Refusal { return refuse(BadSymbol, "%.64q: %v", text, err) }

// ask brings a question to the store, within the bounds of time and number.
func (q *Queries) ask(ctx context.Context, question func(context.Context) error) error {
	if err := q.enter(ctx); err != nil {
		return err
	}
	defer func() { <-q.slots }()
	ctx, cancel := context.WithTimeoutCause(ctx, q.timeout, ErrTimeout)
	defer cancel()
	err := question(ctx)
	if err != nil && errors.Is(context.Cause(ctx), ErrTimeout) {
		return ErrTimeout // whatever it made the store say
	}
	return err
}

// enter waits for a slot.
func (q *Queries) enter(ctx context.Context) error {
	select {
	case q.slots <- struct{}{}:
		return nil
	default:
	}
	patience := time.NewTimer(maxQueueing)
	defer patience.Stop()
	select {
	case q.slots <- struct{}{}:
		return nil
	case <-patience.C:
		return ErrBusy
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
