package auth

import (
	"errors"
	"fmt"
	"time"

	"ticker/market"
)

// Bounds of what a credential may say.
const (
	maxPatterns = 1000
	maxCount    = 1_000_000
	maxDuration = 24 * time.Hour
)

// Grant is what one credential allows. It is shared and must not be changed.
type Grant struct {
	// Subject is who the client is: the sub of a token, the ID of an API key.
	// Printable, 1 to 256 bytes.
	Subject string
	// KeyID is the ID of the API key, empty for a token.
	KeyID string
	// TokenID is the jti of a token, empty if it has none.
	TokenID string
	// Expires is when the grant ends by the clock of whoever made it; the zero time is
	// never. Leeway is by how much that may differ from ours: see End.
	Expires time.Time
	Leeway  time.Duration
	// Read and Publish are the symbols that may be read and published.
	Read, Publish Patterns
	// Interval is the smallest that may be asked for; 0 is the service's own.
	Interval time.Duration
	// Delay is how late quotes are to be seen; 0 is as soon as they are there.
	Delay time.Duration
	// MaxSessions is the most sessions of Subject at one time, MaxSymbols the most
	// names and patterns of one session; 0 is the service's own limit.
	MaxSessions, MaxSymbols int

	keyHash string // of the API key, empty for a token
}

// End returns when the grant ends here, Leeway after Expires; the zero time is never.
func (g *Grant) End() time.Time {
	if g.Expires.IsZero() {
		return time.Time{}
	}
	return g.Expires.Add(g.Leeway)
}

// MayRead reports whether the client may be sent a symbol. It allocates nothing.
func (g *Grant) MayRead(symbol market.Symbol) bool { return g.Read.Match(symbol) }

// MayReadAny reports whether there may be a symbol under a pattern that the client
// may be sent.
func (g *Grant) MayReadAny(pattern market.Pattern) bool { return g.Read.MatchAny(pattern) }

// MayPublish reports whether the client may publish a symbol.
func (g *Grant) MayPublish(symbol market.Symbol) bool { return g.Publish.Match(symbol) }

// Rights is what a credential allows as people write it. The zero Rights reads
// everything and publishes nothing.
type Rights struct {
	// Symbols and Publish are names and patterns, at most 1,000 each. Nil is the
	// default, everything for Symbols and nothing for Publish; a list that is empty
	// but not nil is nothing.
	Symbols, Publish []string
	// Interval and Delay are at most a day, Sessions and MaxSymbols at most a
	// million.
	Interval, Delay      time.Duration
	Sessions, MaxSymbols int
}

// wrongRight names the right that makes no sense as the claim that it is in a token.
type wrongRight struct {
	claim string
	err   error
}

func (w *wrongRight) Error() string { return w.claim + ": " + w.err.Error() }

func (w *wrongRight) Unwrap() error { return w.err }

// grant returns a Grant of the rights, or what is wrong with them.
func (r *Rights) grant() (*Grant, *wrongRight) {
	symbols := r.Symbols
	if symbols == nil {
		symbols = []string{"*"}
	}
	read, err := parsePatterns(symbols)
	if err != nil {
		return nil, &wrongRight{"symbols", err}
	}
	publish, err := parsePatterns(r.Publish)
	if err != nil {
		return nil, &wrongRight{"publish", err}
	}
	if wrong := r.checkNumbers(); wrong != nil {
		return nil, wrong
	}
	return &Grant{
		Read: read, Publish: publish, Interval: r.Interval, Delay: r.Delay,
		MaxSessions: r.Sessions, MaxSymbols: r.MaxSymbols,
	}, nil
}

func parsePatterns(texts []string) (Patterns, error) {
	if len(texts) > maxPatterns {
		return Patterns{}, fmt.Errorf("%d patterns: want %d at most", len(texts), maxPatterns)
	}
	list := make([]market.Pattern, len(texts))
	for i, text := range texts {
		pattern, err := market.ParsePattern(text)
		if err != nil {
			return Patterns{}, fmt.Errorf("entry %d: %w", i+1, err)
		}
		list[i] = pattern
	}
	return NewPatterns(list), nil
}

func (r *Rights) checkNumbers() *wrongRight {
	for _, right := range []struct {
		claim       string
		value, most int64
	}{
		{"interval", int64(r.Interval), int64(maxDuration)},
		{"delay", int64(r.Delay), int64(maxDuration)},
		{"sessions", int64(r.Sessions), maxCount},
		{"max_symbols", int64(r.MaxSymbols), maxCount},
	} {
		if right.value < 0 {
			return &wrongRight{right.claim, errors.New("is below 0")}
		}
		if right.value > right.most {
			return &wrongRight{right.claim, errors.New("is more than can be meant")}
		}
	}
	return nil
}
