package relay

import (
	"encoding/binary"
	"errors"
	"fmt"

	"ticker/market"
)

const (
	// maxNumberText is the longest text of a number, that of a market.Total.
	maxNumberText = 136
	// maxEpoch bounds the name of an epoch.
	maxEpoch = 64
	// maxNames bounds the texts that are kept to be used again, maxName each of them.
	maxNames = 1 << 20
	maxName  = 64
)

var (
	errVersion = errors.New("the message is of another version of the protocol")
	errMessage = errors.New("not a message of the relay")
)

// names keeps the texts that were read, so that a symbol that comes again takes no
// memory again, and a text keeps no message alive.
type names map[string]string

func (n names) intern(text []byte) string {
	if known, ok := n[string(text)]; ok {
		return known
	}
	s := string(text)
	if len(n) < maxNames && len(s) <= maxName {
		n[s] = s
	}
	return s
}

// reader takes a message from its beginning. After a failure nothing is left, and
// everything it returns is zero.
type reader struct {
	data   []byte
	names  names
	before before
	failed bool
}

// open reads the header of a message, and returns a reader of what is behind it. The
// error wraps errVersion or errMessage.
func open(n names, data []byte) (header, reader, error) {
	r := reader{data: data, names: n}
	if len(data) > 0 && data[0] != codecVersion {
		return header{}, reader{}, fmt.Errorf("read message of version %d: %w", data[0], errVersion)
	}
	r.byte()
	h := header{kind: r.byte(), term: r.uvarint(), reign: r.uvarint()}
	h.epoch = r.text(maxEpoch)
	count := r.uvarint()
	if h.kind != kindTick {
		h.number = r.uvarint()
	}
	if h.kind >= numKinds || h.term > maxTerm || h.reign > h.term || h.epoch == "" || count > maxCount {
		r.fail()
	}
	h.tick = tickOf(h.term, count)
	if r.failed {
		return header{}, reader{}, fmt.Errorf("read message of %d bytes: %w", len(data), errMessage)
	}
	return h, r, nil
}

// tick reads the numbers behind the header of a tick.
func (r *reader) tick(numbers *[Partitions]uint64) error {
	for i := range numbers {
		numbers[i] = r.uvarint()
	}
	if len(r.data) > 0 {
		r.fail()
	}
	return r.err()
}

// next reads a record; it returns false when there is none left, or after a failure,
// which err tells apart.
func (r *reader) next(rec *record) bool {
	if len(r.data) == 0 {
		return false
	}
	*rec = record{}
	rec.Symbol = market.Symbol(r.text(market.MaxSymbolBytes))
	if _, err := market.ParseSymbol(string(rec.Symbol)); err != nil {
		r.fail()
	}
	rec.Seq = r.uvarint()
	rec.Recv = r.before.recv + r.varint()
	rec.TS = rec.Recv + r.varint()
	known, status := r.uvarint(), r.byte()
	rec.Known, rec.Status, rec.Reason = market.Fields(known), market.Status(status&0xf), market.Reason(status>>4)
	if known > uint64(market.AllValues) || rec.Status > market.Halted || rec.Reason > market.Silent {
		r.fail()
	}
	rec.Source = r.source()
	r.before = before{rec.Recv, rec.Source}
	for f := range market.NumValues {
		if rec.Known.Has(f) {
			rec.Values[f] = r.decimal()
		}
	}
	r.trades(rec)
	return !r.failed
}

func (r *reader) err() error {
	if r.failed {
		return fmt.Errorf("read message: %w", errMessage)
	}
	return nil
}

func (r *reader) source() string {
	n := r.uvarint()
	if n == 0 {
		return r.before.source
	}
	return r.names.intern(r.slice(n - 1))
}

func (r *reader) trades(rec *record) {
	b := &rec.Bar
	if b.Trades = r.uvarint(); b.Trades > 0 {
		b.Open, b.High, b.Low, b.Close = r.decimal(), r.decimal(), r.decimal(), r.decimal()
		b.Volume = r.total()
	}
	if rec.sums.trades = r.uvarint(); rec.sums.trades > 0 {
		rec.sums.volume = r.total()
	}
}

func (r *reader) decimal() market.Decimal {
	d, wide := r.number()
	if wide == nil {
		return d
	}
	d, err := market.ParseDecimal(wide)
	if err != nil {
		r.fail()
	}
	return d
}

func (r *reader) total() (t market.Total) {
	d, wide := r.number()
	if wide == nil {
		t.Add(d)
		return t
	}
	t, err := market.ParseTotal(wide)
	if err != nil {
		r.fail()
	}
	return t
}

// number reads a short number, or the text of a wide one.
func (r *reader) number() (d market.Decimal, wide []byte) {
	first := r.byte()
	if first == wideNumber {
		if wide = r.slice(uint64(r.byte())); len(wide) == 0 || len(wide) > maxNumberText {
			r.fail()
			return d, nil
		}
		return d, wide
	}
	coef, scale := r.uvarint(), first&scaleMask
	negative := first&negativeBit != 0
	if first&^(scaleMask|negativeBit) != 0 || scale > market.MaxExponent || coef >= 1e18 || negative && coef == 0 {
		r.fail()
		return d, nil
	}
	signed := int64(coef)
	if negative {
		signed = -signed
	}
	return market.NewDecimal(signed, scale), nil
}

func (r *reader) fail() { r.data, r.failed = nil, true }

// text reads a text of at most so many bytes.
func (r *reader) text(most uint64) string {
	n := r.uvarint()
	if n > most {
		r.fail()
		return ""
	}
	return r.names.intern(r.slice(n))
}

// slice takes n bytes.
func (r *reader) slice(n uint64) []byte {
	if n > uint64(len(r.data)) {
		r.fail()
		return nil
	}
	taken := r.data[:n]
	r.data = r.data[n:]
	return taken
}

func (r *reader) byte() byte {
	if len(r.data) == 0 {
		r.fail()
		return 0
	}
	c := r.data[0]
	r.data = r.data[1:]
	return c
}

func (r *reader) uvarint() uint64 {
	n, size := binary.Uvarint(r.data)
	if size <= 0 {
		r.fail()
		return 0
	}
	r.data = r.data[size:]
	return n
}

func (r *reader) varint() int64 {
	n, size := binary.Varint(r.data)
	if size <= 0 {
		r.fail()
		return 0
	}
	r.data = r.data[size:]
	return n
}
