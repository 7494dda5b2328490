package venue

import (
	"fmt"

	"ticker/feed"
	"ticker/internal/jsonscan"
	"ticker/market"
)

// What Columns takes besides value fields.
const (
	// Skip is a column that is not read.
	Skip = market.NumFields + iota
	// Time is a column with the time of the update in Seconds.
	Time
)

// Record reads the updates of one message, one after the other. Its scanner is
// embedded: a parser walks the message with it and calls the methods of Record
// for the values it wants.
type Record struct {
	jsonscan.Scanner
	// Update is the update in the making.
	Update market.Update

	names   Names
	refusal error // why the update will not be emitted
}

// NewRecord returns a Record that maps the venue's names by canonical.
func NewRecord(canonical func(native string) string) Record {
	return Record{names: NewNames(canonical)}
}

// Open begins a message, and its first update.
func (r *Record) Open(message []byte) {
	r.Reset(message)
	r.Begin()
}

// Begin begins another update of the same message.
func (r *Record) Begin() {
	r.Update = market.Update{}
	r.refusal = nil
}

// Close reports that the message was no JSON, or not of its shape.
func (r *Record) Close() error {
	if err := r.End(); err != nil {
		return fmt.Errorf("%w: %w", feed.ErrMalformed, err)
	}
	return nil
}

// traded is what a trade must have, so that it can be counted.
const traded = market.Fields(1<<market.Last | 1<<market.LastSize)

// Emit hands the update to emit, unless it was refused or is no update at all.
func (r *Record) Emit(emit func(*market.Update)) error {
	u := &r.Update
	switch {
	case r.refusal != nil:
		return r.refusal
	case u.Symbol == "":
		return fmt.Errorf("%w: none", feed.ErrSymbol)
	case u.Trade && u.Set&traded != traded:
		return fmt.Errorf("%w: trade without price or size", feed.ErrEmpty)
	case u.Set == 0:
		return feed.ErrEmpty
	}
	emit(u)
	return nil
}

// Value reads a value field. It takes a string for a number, as most venues
// write it.
func (r *Record) Value(f market.Field) {
	if text := r.scalar(); len(text) > 0 {
		r.Put(f, text)
	}
}

// Put sets a value field from the text of a number. A size below zero, and
// what is no decimal, refuses the update.
func (r *Record) Put(f market.Field, text []byte) {
	d, err := market.ParseDecimal(text)
	switch {
	case err != nil:
		r.refuse(fmt.Errorf("%w: %s: %w", feed.ErrValue, f, err))
	case d.Sign() < 0 && sizes.Has(f):
		r.refuse(fmt.Errorf("%w: %s below zero", feed.ErrValue, f))
	default:
		r.Update.Put(f, d)
	}
}

// sizes are the fields that count something; a price may be below zero.
const sizes = market.Fields(1<<market.BidSize | 1<<market.AskSize | 1<<market.LastSize | 1<<market.Volume)

// Columns reads a list whose elements are the given fields, in order. Elements
// behind the last are not read.
func (r *Record) Columns(fields ...market.Field) {
	for i := range r.List() {
		switch {
		case i >= len(fields) || fields[i] == Skip:
			r.Skip()
		case fields[i] == Time:
			r.Stamp(Seconds)
		default:
			r.Value(fields[i])
		}
	}
}

// Best reads the first of a list of levels, each a list of price and size.
func (r *Record) Best(price, size market.Field) {
	for i := range r.List() {
		if i == 0 {
			r.Columns(price, size)
		} else {
			r.Skip()
		}
	}
}

// List ranges over the elements of a list by their number; the body reads one
// value each time. Another kind of value refuses the update.
func (r *Record) List() func(yield func(int) bool) {
	return func(yield func(int) bool) {
		if !r.open(jsonscan.Array) {
			return
		}
		for i := 0; r.More(); i++ {
			if !yield(i) {
				return
			}
		}
	}
}

// Fields ranges over the keys of an object; the body reads one value each
// time. Another kind of value refuses the update.
func (r *Record) Fields() func(yield func([]byte) bool) {
	return func(yield func([]byte) bool) {
		if !r.open(jsonscan.Object) {
			return
		}
		for r.More() {
			if !yield(r.Key()) {
				return
			}
		}
	}
}

// open enters a list or an object, or refuses what else is there.
func (r *Record) open(k jsonscan.Kind) bool {
	switch got := r.Kind(); {
	case got == jsonscan.Null:
		r.Null()
		return false
	case got != k:
		r.refuse(fmt.Errorf("%w: %s instead of %s", feed.ErrMalformed, got, k))
		r.Skip()
		return false
	case k == jsonscan.Array:
		r.Array()
	default:
		r.Object()
	}
	return true
}

// Symbol reads the venue's name of the symbol.
func (r *Record) Symbol() {
	r.Name(r.scalar())
}

// Name sets the symbol from the venue's own name.
func (r *Record) Name(native []byte) {
	symbol, err := r.names.Symbol(native)
	if err != nil {
		r.refuse(err)
	}
	r.Update.Symbol = symbol
}

// Stamp reads the time of the update as a number: Seconds, Millis or Micros.
func (r *Record) Stamp(places int) {
	if text := r.scalar(); len(text) > 0 {
		r.At(Fixed(text, places))
	}
}

// Clock reads the time of the update as RFC 3339.
func (r *Record) Clock() {
	if text := r.scalar(); len(text) > 0 {
		r.At(RFC3339(text))
	}
}

// At sets the time of the update, or refuses it if the time was none.
func (r *Record) At(micros int64, ok bool) {
	if !ok {
		r.refuse(fmt.Errorf("%w: time", feed.ErrValue))
	}
	r.Update.TS = micros
}

// ID reads a sequence number or the number of a trade. What is no unsigned
// integer of 64 bits gives 0: the update is then in order by its time alone.
func (r *Record) ID() uint64 {
	return Number(r.scalar())
}

// Number returns the value of an unsigned integer of 64 bits, and 0 for
// anything else.
func Number(text []byte) uint64 {
	var n uint64
	for _, c := range text {
		c -= '0'
		if c > 9 || n > (1<<64-1-uint64(c))/10 {
			return 0
		}
		n = n*10 + uint64(c)
	}
	return n
}

// Word reads a text that tells kinds apart. Anything else is nil.
func (r *Record) Word() []byte {
	if r.Kind() != jsonscan.String {
		r.Skip()
		return nil
	}
	return r.Text()
}

// scalar reads a string or a number and returns its text. Null is nil, and so
// is every other kind, which refuses the update.
func (r *Record) scalar() []byte {
	switch r.Kind() {
	case jsonscan.String:
		return r.Text()
	case jsonscan.Number:
		return r.Number()
	case jsonscan.Null:
		r.Null()
	case jsonscan.Object, jsonscan.Array, jsonscan.Bool, jsonscan.Invalid:
		r.refuse(fmt.Errorf("%w: %s for a value", feed.ErrValue, r.Kind()))
		r.Skip()
	}
	return nil
}

// refuse keeps the update from being emitted. The first reason stays.
func (r *Record) refuse(reason error) {
	if r.refusal == nil {
		r.refusal = reason
	}
}
