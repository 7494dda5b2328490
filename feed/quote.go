package feed

import (
	"errors"
	"fmt"

	"ticker/internal/jsonscan"
	"ticker/market"
)

const (
	// maxSymbols bounds the names that a QuoteParser remembers, about 1 MB;
	// when there are more it forgets them all and begins anew.
	maxSymbols = 1 << 14
	// maxMicros is the last microsecond of the year 9999. A time in
	// nanoseconds is beyond it.
	maxMicros = 253_402_300_799_999_999
	// valueBytes is how much of a bad value an error shows.
	valueBytes = 40
)

// QuoteParser reads quotes in the service's own form, one JSON object each, as
// they are pushed or were recorded. It allocates only for a symbol that it has
// not seen and for an error. It is not safe for concurrent use; the zero
// QuoteParser is ready.
type QuoteParser struct {
	// KeepRecv takes `recv` from the record, for recordings that are replayed
	// on their own clock. Otherwise it is ignored.
	KeepRecv bool

	scan    jsonscan.Scanner
	symbols map[string]market.Symbol
	given   keys  // keys of the record so far
	err     error // first thing wrong in a record that is valid JSON so far
}

// keys is a set of the keys that have a meaning: the value fields have the
// bits of market.Fields, and these stand behind them.
type keys uint16

const (
	symbolKey keys = 1 << (iota + market.NumValues)
	statusKey
	tsKey
	recvKey
)

// Parse reads one record into u, which means something only when Parse returns
// nil. Everything in u is set anew.
//
// A record has a `symbol` and at least one value field; it may have `ts` and
// `status`, and anything else in it is ignored. Decimals are JSON numbers, or
// strings that hold one. With `last` the update is one trade, of `lastSize`, or
// of 0 if the record has none: then Set lacks market.LastSize and its value is
// 0. The status "stale" gets the reason disconnected.
//
// The error wraps ErrMalformed for what is not one JSON object, or has a key
// with a meaning twice; ErrSymbol; ErrEmpty without a value field, even if
// there is a status; and ErrValue for everything else: a value field that is
// no decimal of at most 38 digits and an exponent within ±38, a size or volume
// below 0, a status of another name, a time that is no integer or outside the
// years 1970 to 9999. A null is an ErrValue too: whether it means "no change"
// or "no longer known" is for the publisher to say, by leaving the field out.
// The text of the error names the field and shows what stood in it.
func (p *QuoteParser) Parse(record []byte, u *market.Update) error {
	*u = market.Update{}
	p.given, p.err = 0, nil
	p.scan.Reset(record)
	for p.scan.Object(); p.scan.More(); {
		p.member(p.scan.Key(), u)
	}
	// Broken JSON comes first: what was read before it may be noise.
	if err := p.scan.End(); err != nil {
		return fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	switch {
	case p.err != nil:
		return p.err
	case u.Symbol == "":
		return fmt.Errorf("%w: symbol is missing", ErrSymbol)
	case u.Set&market.AllValues == 0:
		return fmt.Errorf("%w: one of bid, ask, last or the other values is needed", ErrEmpty)
	}
	u.Trade = u.Set.Has(market.Last)
	return nil
}

// member reads the value of one key.
func (p *QuoteParser) member(key []byte, u *market.Update) {
	switch string(key) {
	case "symbol":
		p.once(symbolKey, "symbol")
		u.Symbol = p.symbol()
	case "status":
		p.once(statusKey, "status")
		p.status(u)
	case "ts":
		p.once(tsKey, "ts")
		u.TS = p.micros("ts")
	case "recv":
		if !p.KeepRecv {
			p.scan.Skip()
			return
		}
		p.once(recvKey, "recv")
		u.Recv = p.micros("recv")
	default:
		field, ok := market.ParseField(key)
		if !ok {
			p.scan.Skip()
			return
		}
		p.once(1<<field, field.String())
		p.value(field, u)
	}
}

// once refuses a key that was there before.
func (p *QuoteParser) once(key keys, name string) {
	if p.given&key != 0 {
		p.refuse(fmt.Errorf("%w: %s stands there twice", ErrMalformed, name))
	}
	p.given |= key
}

// refuse keeps the first reason to refuse the record.
func (p *QuoteParser) refuse(err error) {
	if p.err == nil {
		p.err = err
	}
}

// mistyped refuses a value of the wrong kind and skips it.
func (p *QuoteParser) mistyped(reason error, name, want string) {
	p.refuse(fmt.Errorf("%w: %s is %s and must be %s", reason, name, p.scan.Kind(), want))
	p.scan.Skip()
}

func (p *QuoteParser) symbol() market.Symbol {
	if p.scan.Kind() != jsonscan.String {
		p.mistyped(ErrSymbol, "symbol", "a string")
		return ""
	}
	name := p.scan.Text()
	if known, ok := p.symbols[string(name)]; ok {
		return known
	}
	symbol, err := market.ParseSymbol(string(name))
	if err != nil {
		p.refuse(fmt.Errorf("%w: %s: %w", ErrSymbol, excerpt(name, valueBytes), err))
		return ""
	}
	if p.symbols == nil || len(p.symbols) == maxSymbols {
		p.symbols = make(map[string]market.Symbol)
	}
	p.symbols[string(symbol)] = symbol
	return symbol
}

func (p *QuoteParser) status(u *market.Update) {
	if p.scan.Kind() != jsonscan.String {
		p.mistyped(ErrValue, "status", "a string")
		return
	}
	text := p.scan.Text()
	status, ok := market.ParseStatus(text)
	if !ok {
		p.refuse(fmt.Errorf("%w: status %s is none of live, stale, halted", ErrValue, excerpt(text, valueBytes)))
		return
	}
	u.Status, u.Set = status, u.Set.With(market.StatusField)
	if status == market.Stale {
		u.Reason = market.Disconnected
	}
}

func (p *QuoteParser) value(field market.Field, u *market.Update) {
	var text []byte
	kind := p.scan.Kind()
	switch kind {
	case jsonscan.Number:
		text = p.scan.Number()
	case jsonscan.String:
		text = p.scan.Text()
	case jsonscan.Null:
		p.refuse(fmt.Errorf("%w: %s is null; leave it out to keep its last value", ErrValue, field))
		p.scan.Skip()
		return
	case jsonscan.Object, jsonscan.Array, jsonscan.Bool, jsonscan.Invalid:
		p.mistyped(ErrValue, field.String(), "a number")
		return
	}
	d, err := market.ParseDecimal(text)
	switch {
	case err != nil:
		p.refuse(fmt.Errorf("%w: %s %s: %w", ErrValue, field, shown(text, kind), err))
	case d.Sign() < 0 && unsigned.Has(field):
		p.refuse(fmt.Errorf("%w: %s %s is below 0", ErrValue, field, shown(text, kind)))
	default:
		u.Put(field, d)
	}
}

// shown returns a bad value for an error: a number as it is, anything else quoted.
func shown(text []byte, kind jsonscan.Kind) string {
	if kind == jsonscan.Number && len(text) <= valueBytes {
		return string(text)
	}
	return excerpt(text, valueBytes)
}

// unsigned holds the fields that are never below 0. Prices may be.
const unsigned = market.Fields(1<<market.BidSize | 1<<market.AskSize | 1<<market.LastSize | 1<<market.Volume)

// micros reads a time.
func (p *QuoteParser) micros(name string) int64 {
	if p.scan.Kind() != jsonscan.Number {
		p.mistyped(ErrValue, name, "an integer")
		return 0
	}
	text := p.scan.Number()
	micros, err := parseMicros(text)
	if err != nil {
		p.refuse(fmt.Errorf("%w: %s %s is %w", ErrValue, name, shown(text, jsonscan.Number), err))
	}
	return micros
}

var (
	errNoInteger = errors.New("no integer of 0 or more")
	errAbsurd    = errors.New("beyond the year 9999; microseconds are wanted")
)

// parseMicros reads the text of a JSON number.
func parseMicros(text []byte) (int64, error) {
	var n int64
	for _, c := range text {
		if c < '0' || c > '9' {
			return 0, errNoInteger
		}
		if n = n*10 + int64(c-'0'); n > maxMicros {
			return 0, errAbsurd
		}
	}
	return n, nil
}
