package wire

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"

	"ticker/internal/jsonscan"
	"ticker/market"
)

// maxMicros is the last time whose nanoseconds fit an int64, in April 2262.
const maxMicros = math.MaxInt64 / 1000

// What a time and a duration must be, for whoever wrote another text.
const (
	TimeForm     = "an RFC 3339 time or integer microseconds, of the years 1970 to 2262"
	DurationForm = `a duration such as "250ms"`
)

// ErrTime and ErrDuration report a text that is no time, or no duration.
var (
	ErrTime     = errors.New("not " + TimeForm)
	ErrDuration = errors.New("not " + DurationForm)
)

var errManyKeys = errors.New("too many keys")

// member is one field of an object: its key and the text of its value.
type member struct {
	key string
	raw []byte
}

// reader takes the fields of one object of a request out by name. The first
// that is not what it should be becomes the answer; what is absent is zero.
type reader struct {
	members []member
	scan    jsonscan.Scanner
	err     *Error
}

// open reads the keys of an object. The fault tells of a key that is there
// twice, or that differs by case from one that the protocol knows: either way
// it is unclear what the client means.
func (r *reader) open(text []byte, known []string) (fault string, err error) {
	r.scan.Reset(text)
	for r.scan.Object(); r.scan.More(); {
		key := string(r.scan.Key())
		if fault == "" {
			fault = r.checkKey(key, known)
		}
		if len(r.members) == maxKeys {
			return "", errManyKeys
		}
		r.members = append(r.members, member{key, r.scan.Raw()})
	}
	return fault, r.scan.End()
}

func (r *reader) checkKey(key string, known []string) string {
	if r.get(key) != nil {
		return "key " + quoted(key) + " stands twice"
	}
	for _, k := range known {
		if key != k && strings.EqualFold(key, k) {
			return "key " + quoted(key) + " must be written " + k
		}
	}
	return ""
}

// get returns the text of a field, nil if there is none.
func (r *reader) get(key string) []byte {
	for _, m := range r.members {
		if m.key == key {
			return m.raw
		}
	}
	return nil
}

func (r *reader) fail(code Code, message string) {
	if r.err == nil {
		r.err = &Error{Code: code, Message: message}
	}
}

// expect says what a field must be.
func (r *reader) expect(key, want string) { r.fail(CodeBadRequest, key+" must be "+want) }

// need says what a field must be if it is absent.
func (r *reader) need(key, want string) {
	if r.get(key) == nil {
		r.expect(key, want)
	}
}

// at brings the scanner to the value of a field of that kind. It returns false
// if there is none, and fails if it is of another kind.
func (r *reader) at(key string, kind jsonscan.Kind, want string) bool {
	raw := r.get(key)
	if raw == nil {
		return false
	}
	r.scan.Reset(raw)
	if r.scan.Kind() != kind {
		r.expect(key, want)
		return false
	}
	return true
}

// text reads a text of at most limit bytes.
func (r *reader) text(key string, limit int) string {
	want := "a string of at most " + strconv.Itoa(limit) + " bytes"
	if !r.at(key, jsonscan.String, want) {
		return ""
	}
	text := r.scan.Text()
	if len(text) > limit {
		r.expect(key, want)
		return ""
	}
	return string(text)
}

// required reads a text that may not be absent or empty.
func (r *reader) required(key string, limit int) string {
	text := r.text(key, limit)
	if text == "" {
		r.expect(key, "a string of 1 to "+strconv.Itoa(limit)+" bytes")
	}
	return text
}

func (r *reader) flag(key string) bool {
	return r.at(key, jsonscan.Bool, "true or false") && r.scan.Bool()
}

// integer reads an integer within bounds.
func (r *reader) integer(key string, low, high int64, want string) int64 {
	if !r.at(key, jsonscan.Number, want) {
		return 0
	}
	v, err := strconv.ParseInt(string(r.scan.Number()), 10, 64)
	if err != nil || v < low || v > high {
		r.expect(key, want)
		return 0
	}
	return v
}

func (r *reader) limit() int {
	return int(r.integer("limit", 1, MaxLimit, "an integer of 1 to "+strconv.Itoa(MaxLimit)))
}

// each calls take for every value of a list, as long as it is content.
func (r *reader) each(key, want string, take func() bool) {
	if !r.at(key, jsonscan.Array, want) {
		return
	}
	for r.scan.Array(); r.scan.More(); {
		if !take() {
			return
		}
	}
}

// symbols reads the list of symbols, which must be there and not empty.
func (r *reader) symbols(limit int) (symbols []string) {
	const want = "a non-empty list of strings"
	r.each("symbols", want, func() bool {
		switch {
		case r.scan.Kind() != jsonscan.String:
			r.expect("symbols", want)
		case len(symbols) == limit:
			r.fail(CodeTooManySymbols, "symbols may have at most "+strconv.Itoa(limit)+" entries")
		default:
			symbols = append(symbols, string(r.scan.Text()))
		}
		return r.err == nil
	})
	if len(symbols) == 0 {
		r.expect("symbols", want)
	}
	return symbols
}

// fields reads a list of names of value fields.
func (r *reader) fields(key string) (set market.Fields) {
	const want = "a non-empty list of value fields"
	r.each(key, want, func() bool {
		if r.scan.Kind() != jsonscan.String {
			r.expect(key, want)
			return false
		}
		name := string(r.scan.Text())
		f, ok := market.ParseField(name)
		if !ok {
			r.fail(CodeBadRequest, key+" has no field "+quoted(name))
			return false
		}
		set = set.With(f)
		return true
	})
	if set == 0 && r.get(key) != nil {
		r.expect(key, want)
	}
	return set
}

// duration reads a duration, and reports whether there was one.
func (r *reader) duration(key string) (time.Duration, bool) {
	if !r.at(key, jsonscan.String, DurationForm) {
		return 0, false
	}
	d, err := ParseDuration(string(r.scan.Text()))
	if err != nil {
		r.expect(key, DurationForm)
	}
	return d, err == nil
}

// ParseDuration reads a duration as requests have it, "250ms" or "1m30s", of any
// size: one that overflows is well written, and becomes the longest there is.
// The error is ErrDuration.
func ParseDuration(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if err == nil {
		return d, nil
	}
	// With every digit made 0, a duration that overflows parses. A text of two
	// bytes cannot overflow, but could become the plain 0 that needs no unit.
	if len(text) <= 2 {
		return 0, ErrDuration
	}
	if _, err := time.ParseDuration(strings.Map(zeroDigit, text)); err != nil {
		return 0, ErrDuration
	}
	if text[0] == '-' {
		return math.MinInt64, nil
	}
	return math.MaxInt64, nil
}

func zeroDigit(r rune) rune {
	if r >= '0' && r <= '9' {
		return '0'
	}
	return r
}

// time reads a time, no earlier than the given one.
func (r *reader) time(key string, earliest int64) int64 {
	raw := r.get(key)
	if raw == nil {
		return 0
	}
	r.scan.Reset(raw)
	text := raw
	if r.scan.Kind() == jsonscan.String {
		text = r.scan.Text()
	}
	micros, err := ParseTime(string(text))
	if err != nil || micros < earliest {
		r.expect(key, TimeForm)
		return 0
	}
	return micros
}

// ParseTime reads a time as requests have it, RFC 3339 or integer microseconds
// since the Unix epoch, and returns it in microseconds; digits below are cut
// off. The error is ErrTime.
func ParseTime(text string) (int64, error) {
	micros, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		t, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return 0, ErrTime
		}
		micros = t.UnixMicro()
	}
	if micros < 0 || micros > maxMicros {
		return 0, ErrTime
	}
	return micros, nil
}
