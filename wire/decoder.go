package wire

import (
	"fmt"
	"strconv"
	"time"

	"ticker/internal/jsonscan"
	"ticker/market"
)

// readable is a type that takes its fields one by one. The decoder stands at
// the value of the key, and the type must read or skip it; the key is good
// until then.
type readable interface {
	read(d *decoder, key []byte)
}

// decoder reads a message of the server. Like the scanner in it, it remembers
// the first mistake and says so at the end.
type decoder struct {
	jsonscan.Scanner
	size  int // bytes of the text
	fault error
}

// parse reads an object into v.
func parse(text []byte, v readable) error {
	d := decoder{size: len(text)}
	d.Reset(text)
	d.object(v)
	return d.end()
}

// jsonText returns a message as JSON text, which is a quarter longer than
// MessagePack for records.
func (c Codec) jsonText(data []byte) ([]byte, error) {
	if c == MsgPack {
		return appendMPAsJSON(make([]byte, 0, len(data)*3/2), data)
	}
	return data, nil
}

func (d *decoder) fail(want string, got []byte) {
	if d.fault == nil {
		d.fault = fmt.Errorf("read message: %s instead of %s", quoted(string(got)), want)
	}
}

// end returns the first error, and that there was anything after the value.
func (d *decoder) end() error {
	if err := d.End(); err != nil {
		return fmt.Errorf("read message: %w", err)
	}
	return d.fault
}

func (d *decoder) text() string { return string(d.Text()) }

func (d *decoder) integer() int64 {
	text := d.Number()
	v, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		d.fail("an integer", text)
	}
	return v
}

func (d *decoder) count() uint64 {
	text := d.Number()
	v, err := strconv.ParseUint(string(text), 10, 64)
	if err != nil {
		d.fail("a count", text)
	}
	return v
}

func (d *decoder) duration() time.Duration {
	text := d.Text()
	v, err := time.ParseDuration(string(text))
	if err != nil {
		d.fail("a duration", text)
	}
	return v
}

func (d *decoder) time() time.Time {
	text := d.Text()
	v, err := time.Parse(time.RFC3339, string(text))
	if err != nil {
		d.fail("a time", text)
	}
	return v
}

// number reads a number, or the string that stands for one in MessagePack.
func (d *decoder) number() []byte {
	if d.Kind() == jsonscan.String {
		return d.Text()
	}
	return d.Number()
}

func (d *decoder) decimal() market.Decimal {
	text := d.number()
	v, err := market.ParseDecimal(text)
	if err != nil {
		d.fail("a decimal", text)
	}
	return v
}

// total reads a sum, which may have more digits than a decimal.
func (d *decoder) total() market.Total {
	text := d.number()
	v, err := market.ParseTotal(text)
	if err != nil {
		d.fail("a sum", text)
	}
	return v
}

// object reads a map into v.
func (d *decoder) object(v readable) {
	for d.Object(); d.More(); {
		v.read(d, d.Key())
	}
}

// list calls each for every value of a list.
func (d *decoder) list(each func()) {
	for d.Array(); d.More(); {
		each()
	}
}

func (d *decoder) texts() (texts []string) {
	d.list(func() { texts = append(texts, d.text()) })
	return texts
}

// readObjects reads a list of maps.
func readObjects[T any, P interface {
	*T
	readable
}](d *decoder) (values []T) {
	d.list(func() {
		var v T
		d.object(P(&v))
		values = append(values, v)
	})
	return values
}
