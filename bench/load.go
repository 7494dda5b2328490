package bench

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"ticker/market"
)

// Limits of a Load.
const (
	MaxClients       = 1_000_000
	MaxSymbols       = 100_000
	MaxRate          = 5_000_000
	MaxDuration      = time.Hour
	maxSubscriptions = 10_000
)

// Load is what is asked of a server.
type Load struct {
	// Clients that are connected at one time.
	Clients int `json:"clients"`
	// Symbols of the market, SYM0001 and so on, and how many of them, from the
	// first, change after their first record; 0 means all.
	Symbols int `json:"symbols"`
	Active  int `json:"active,omitempty"`
	// Subscriptions of each client, picked at random. 0 means one pattern that
	// covers every symbol.
	Subscriptions int `json:"subscriptions"`
	// Rate is the quotes a second of all symbols together, by Zipf's law.
	Rate int `json:"rate"`
	// Interval is what each client asks for.
	Interval Duration `json:"interval"`
	// Duration of what is measured, after the Warmup.
	Duration Duration `json:"duration"`
	Warmup   Duration `json:"warmup"`
	// Fields are the value fields that records carry; none means all.
	Fields []string `json:"fields,omitempty"`
	// Delta asks for differences, MsgPack for that subprotocol: of a server that
	// knows them.
	Delta   bool `json:"delta,omitempty"`
	MsgPack bool `json:"msgpack,omitempty"`
	// Seed picks the market and the symbols of each client.
	Seed uint64 `json:"seed"`
	// ReadRate is the bytes a second that the slow clients read, 0 for as many
	// as there are; Slow is how many clients that concerns, the first ones.
	// ReadBuffer is the socket's receive buffer of those, 0 for the system's own.
	ReadRate   int `json:"readRate,omitempty"`
	Slow       int `json:"slow,omitempty"`
	ReadBuffer int `json:"readBuffer,omitempty"`
}

// Standard returns the load that figures are quoted for: 100,000 quotes a second
// into 1,000 symbols, 1,000 clients with 50 of them each at 100 ms, records of
// about 120 bytes.
func Standard() Load {
	return Load{
		Clients: 1000, Symbols: 1000, Subscriptions: 50, Rate: 100_000, Seed: 1,
		Interval: Duration(100 * time.Millisecond), Duration: Duration(20 * time.Second), Warmup: Duration(3 * time.Second),
		Fields: []string{"bid", "bidSize", "ask", "askSize"},
	}
}

// Validate refuses a load that makes no sense, and says why.
func (l *Load) Validate() error {
	for _, n := range []struct {
		name               string
		value, least, most int
	}{
		{"clients", l.Clients, 1, MaxClients},
		{"symbols", l.Symbols, 1, MaxSymbols},
		{"active symbols", l.Active, 0, l.Symbols},
		{"subscriptions", l.Subscriptions, 0, min(l.Symbols, maxSubscriptions)},
		{"rate", l.Rate, 1, MaxRate},
		{"slow clients", l.Slow, 0, l.Clients},
		{"read rate", l.ReadRate, 0, 1 << 30},
		{"read buffer", l.ReadBuffer, 0, 1 << 30},
	} {
		if n.value < n.least || n.value > n.most {
			return fmt.Errorf("%s must be %d to %d, not %d", n.name, n.least, n.most, n.value)
		}
	}
	switch {
	case l.Interval < Duration(time.Millisecond) || l.Interval > Duration(time.Minute):
		return fmt.Errorf("interval must be 1ms to 1m, not %v", l.Interval)
	case l.Duration < Duration(time.Second) || l.Duration > Duration(MaxDuration):
		return fmt.Errorf("duration must be 1s to %v, not %v", MaxDuration, l.Duration)
	case l.Warmup < 0 || l.Warmup > Duration(MaxDuration):
		return fmt.Errorf("warm-up must be 0s to %v, not %v", MaxDuration, l.Warmup)
	case l.Slow > 0 && l.ReadRate == 0:
		return errors.New("slow clients need a read rate")
	}
	return l.validateFields()
}

func (l *Load) validateFields() error {
	for _, name := range l.Fields {
		if f, ok := market.ParseField(name); !ok || f >= market.NumValues {
			return fmt.Errorf("%q is no value field", name)
		}
	}
	return nil
}

// Set returns the value fields as a set.
func (l *Load) Set() market.Fields {
	if len(l.Fields) == 0 {
		return market.AllValues
	}
	var set market.Fields
	for _, name := range l.Fields {
		if f, ok := market.ParseField(name); ok {
			set = set.With(f)
		}
	}
	return set
}

// SymbolName returns the name of a symbol, counted from 0, as feed/sim has it.
func SymbolName(i int) string { return fmt.Sprintf("SYM%04d", i+1) }

// SubscriptionsOf returns the names that a client subscribes to, sorted: the same
// for the same seed and client, whatever the server.
func (l *Load) SubscriptionsOf(client int) []string {
	if l.Subscriptions == 0 {
		return []string{"*"}
	}
	random := rand.New(rand.NewPCG(l.Seed, uint64(client))) //nolint:gosec // reproducible is the point
	// Floyd's way to pick distinct numbers takes as many draws as it picks.
	picked := make(map[int]bool, l.Subscriptions)
	for top := l.Symbols - l.Subscriptions; top < l.Symbols; top++ {
		i := random.IntN(top + 1)
		if picked[i] {
			i = top
		}
		picked[i] = true
	}
	names := make([]string, 0, len(picked))
	for i := range picked {
		names = append(names, SymbolName(i))
	}
	slices.Sort(names)
	return names
}

// Duration is a time.Duration that is text in JSON: "100ms".
type Duration time.Duration

// String writes the duration as time.Duration does.
func (d Duration) String() string { return time.Duration(d).String() }

// Seconds returns the duration in seconds.
func (d Duration) Seconds() float64 { return time.Duration(d).Seconds() }

// MarshalText implements encoding.TextMarshaler.
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText implements encoding.TextUnmarshaler.
func (d *Duration) UnmarshalText(text []byte) error {
	parsed, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("parse duration: %w", err)
	}
	*d = Duration(parsed)
	return nil
}
