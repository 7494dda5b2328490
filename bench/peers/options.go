package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"ticker/bench/peers/centrifuge"
	"ticker/bench/peers/hub"
	"ticker/bench/peers/nats"
	"ticker/bench/peers/pace"
	"ticker/bench/peers/peer"
	"ticker/bench/peers/raw"
	"ticker/bench/peers/stream"
	"ticker/bench/peers/tuned"
	"ticker/market"
)

// Limits of the options.
const (
	minInterval, maxInterval = time.Millisecond, time.Minute
	maxPhases                = 1000
)

// usageError is a mistake in how the program was started.
type usageError struct{ error }

var errHelp = errors.New("help wanted")

// kind is a server that can be asked for.
type kind struct {
	name, tells string
	make        func(peer.Config) server
}

// kinds lists the servers, from the floor up.
func kinds() []kind {
	return []kind{
		{"raw", "one ready-made frame, one write", func(c peer.Config) server { return raw.Static(c) }},
		{"raw-conflating", "what has changed, on bare descriptors", func(c peer.Config) server { return raw.Conflating(c) }},
		{"hub", "gorilla/websocket, a queue and a goroutine a client", func(c peer.Config) server { return hub.New(c) }},
		{"hub-tuned", "gorilla/websocket, conflating, written past", func(c peer.Config) server { return tuned.New(c) }},
		{"centrifuge", "centrifuge, every update published", func(c peer.Config) server { return centrifuge.New(c) }},
		{"centrifuge-conflated", "centrifuge, the newest once an interval", func(c peer.Config) server { return centrifuge.Conflated(c) }},
		{"nats", "embedded NATS, every update published", func(c peer.Config) server { return nats.New(c) }},
		{"nats-conflated", "embedded NATS, the newest once an interval", func(c peer.Config) server { return nats.Conflated(c) }},
	}
}

func kindNames() string {
	var names []string
	for _, k := range kinds() {
		names = append(names, k.name)
	}
	return strings.Join(names, ", ")
}

// options is what the program was told.
type options struct {
	kind      kind
	market    stream.Config
	plan      pace.Plan
	listen    string
	withStdin bool

	fields string // as it was written
}

// flags returns the flags, which put what they are given into o.
func flags(o *options) *flag.FlagSet {
	set := flag.NewFlagSet("peers", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	set.IntVar(&o.market.Sim.Symbols, "symbols", 1000, "symbols of the market")
	set.IntVar(&o.market.Sim.Active, "active", 0, "symbols that change after their first record, 0 for all")
	set.IntVar(&o.market.Sim.Rate, "rate", 100_000, "quotes a second of all symbols together")
	set.Uint64Var(&o.market.Sim.Seed, "seed", 1, "seed that picks the market")
	set.StringVar(&o.fields, "fields", "", "value fields of a record, comma-separated; all if none are named")
	set.DurationVar(&o.plan.Interval, "interval", 100*time.Millisecond, "conflation interval")
	set.IntVar(&o.plan.Phases, "phases", 20, "instants of an interval that clients are spread over")
	set.StringVar(&o.listen, "listen", "127.0.0.1:0", "address to listen on")
	set.BoolVar(&o.withStdin, "with-stdin", false, "end when stdin does")
	return set
}

func help() string {
	var text strings.Builder
	text.WriteString("usage: peers KIND [flags]\n\nkinds:\n")
	for _, k := range kinds() {
		fmt.Fprintf(&text, "  %-21s %s\n", k.name, k.tells)
	}
	text.WriteString("\nflags:\n")
	set := flags(&options{})
	set.SetOutput(&text)
	set.PrintDefaults()
	return text.String()
}

// parse reads the command line. The error is errHelp if help is asked for.
func parse(args []string) (*options, error) {
	if len(args) == 0 {
		return nil, fmt.Errorf("no kind is named: want one of %s", kindNames())
	}
	o := &options{kind: findKind(args[0])}
	known := o.kind.make != nil
	rest := args
	if known {
		rest = args[1:]
	}
	set := flags(o)
	switch err := set.Parse(rest); {
	case errors.Is(err, flag.ErrHelp):
		return nil, errHelp
	case !known:
		return nil, fmt.Errorf("unknown kind %q: want one of %s", args[0], kindNames())
	case err != nil:
		return nil, err
	case set.NArg() > 0:
		return nil, fmt.Errorf("unexpected argument %q", set.Arg(0))
	}
	return o, o.check()
}

// findKind returns the kind of a name, the zero kind if there is none.
func findKind(name string) kind {
	for _, k := range kinds() {
		if k.name == name {
			return k
		}
	}
	return kind{}
}

// check refuses what no server could be run with; the market checks its own.
func (o *options) check() error {
	if o.plan.Interval < minInterval || o.plan.Interval > maxInterval {
		return fmt.Errorf("interval must be %v to %v, not %v", minInterval, maxInterval, o.plan.Interval)
	}
	if o.plan.Phases < 1 || o.plan.Phases > maxPhases {
		return fmt.Errorf("phases must be 1 to %d, not %d", maxPhases, o.plan.Phases)
	}
	if o.fields == "" {
		o.market.Fields = market.AllValues
		return nil
	}
	for name := range strings.SplitSeq(o.fields, ",") {
		f, known := market.ParseField(name)
		if !known {
			return fmt.Errorf("%q is no value field", name)
		}
		o.market.Fields = o.market.Fields.With(f)
	}
	return nil
}
