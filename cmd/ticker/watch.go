package main

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"slices"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"ticker/client"
	"ticker/market"
)

const (
	defaultURL = "http://127.0.0.1:8080"
	// tokenVariable holds the credential of the client commands. A flag would
	// show it to everybody who lists the processes.
	tokenVariable = "TICKER_TOKEN"

	defaultWatchInterval = 250 * time.Millisecond
)

// watchOptions are what `ticker watch` was told.
type watchOptions struct {
	url, token string
	interval   time.Duration
	symbols    []string
	format     watchFormat
	once       bool
	fieldNames []string
	fields     []market.Field // nil for those that belong to the format
}

const watchHelp = `watch shows the newest quotes of symbols and patterns until it is interrupted. It
comes back by itself when the connection breaks.

On a terminal it draws a table; ? explains its keys. As the window grows narrower,
columns go in the order trend, volume, sizes, change in %, spread, reason, ask, bid,
status, age; symbol, last and change stay. The change counts from the session's open
if it is known, else from the first price that was seen, as the title tells.
NO_COLOR turns colours off.

Otherwise, and on a terminal that can only print, it writes one line a record,
with tabs between the fields and - for what is not known:

  symbol seq time status bidSize bid ask askSize last volume

where time is when the service accepted the record and status is live, halted or
stale with its reason. --format json writes the records as objects and --format csv
as cells below a header line, both with all fields. Whoever reads slowly gets fewer,
newer records.

With --once it prints what is known now, and exits with 1 if that is nothing.

The variable ` + tokenVariable + ` holds the token for a service that wants one.`

func newWatchCommand(env *environment) *cobra.Command {
	var o watchOptions
	cmd := &cobra.Command{
		Use:   "watch [--url URL] [--interval TIME] [--format FORMAT] [--fields FIELD,...] [--once] SYMBOL...",
		Short: "Show a live watchlist in the terminal",
		Long:  watchHelp,
		Example: "  ticker watch BTC-USD ETH-USD\n" +
			"  ticker watch --interval 1s 'BTC-*'\n" +
			"  ticker watch AAPL | awk '$9 > 190 { print $1, $9 }'\n" +
			"  ticker watch --format json --fields bid,ask '*' | jq 'select(.ask - .bid > 1)'",
		Args: takesSymbols,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.symbols, o.token = args, env.getenv(tokenVariable)
			if err := o.check(); err != nil {
				return usageError{err}
			}
			return watch(cmd.Context(), env, &o)
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.url, "url", defaultURL, "`URL` of the service: http, https, ws or wss")
	flags.DurationVar(&o.interval, "interval", defaultWatchInterval, "shortest `TIME` between two records of a symbol")
	flags.Var(&o.format, "format", "`FORMAT` of the output: table, tab, json or csv (default table on a terminal, else tab)")
	flags.StringSliceVar(&o.fieldNames, "fields", nil, "only these `FIELDS`: bid, bidSize, ask, askSize, last, lastSize, open, high, low, volume")
	flags.BoolVar(&o.once, "once", false, "print what is known now, and exit")
	return cmd
}

// takesSymbols wants at least one argument, and all of them symbols or
// patterns.
func takesSymbols(cmd *cobra.Command, args []string) error {
	if err := takes(1, -1, "at least one SYMBOL")(cmd, args); err != nil {
		return err
	}
	for _, arg := range args {
		if _, err := market.ParsePattern(arg); err != nil {
			return usageError{fmt.Errorf("no symbol %q: %w", arg, err)}
		}
	}
	return nil
}

// checkURL refuses what no client could connect to.
func checkURL(address string) error {
	if _, err := client.New(client.Config{URL: address}); err != nil {
		return usageError{fmt.Errorf("--url: %w", errors.Unwrap(err))}
	}
	return nil
}

// check completes the options. The error tells of one that makes no sense.
func (o *watchOptions) check() error {
	if o.interval <= 0 {
		return fmt.Errorf("--interval must be above 0, and is %v", o.interval)
	}
	for _, name := range o.fieldNames {
		f, ok := market.ParseField(name)
		if !ok {
			return fmt.Errorf("--fields: no field %q", name)
		}
		if !slices.Contains(o.fields, f) {
			o.fields = append(o.fields, f)
		}
	}
	return checkURL(o.url)
}

// tableFieldNames are the fields behind the columns, and tabFieldNames those of
// a line with tabs.
var (
	tableFieldNames = [...]market.Field{
		market.BidSize, market.Bid, market.Ask, market.AskSize, market.Last, market.Open, market.Volume,
	}
	tabFieldNames = [...]market.Field{
		market.BidSize, market.Bid, market.Ask, market.AskSize, market.Last, market.Volume,
	}
)

// lineFields returns the value fields that are shown, in order.
func (o *watchOptions) lineFields() []market.Field {
	switch {
	case o.fields != nil:
		return o.fields
	case o.format == asTable:
		return tableFieldNames[:]
	case o.format == asTab:
		return tabFieldNames[:]
	}
	all := make([]market.Field, market.NumValues)
	for f := range market.NumValues {
		all[f] = f
	}
	return all
}

// subscribed returns the value fields that are asked for: in a table a change is
// one since the open.
func (o *watchOptions) subscribed() market.Fields {
	set := setOf(o.lineFields())
	if o.format == asTable && set.Has(market.Last) {
		set = set.With(market.Open)
	}
	return set
}

// watch watches until ctx is done or a signal comes.
func watch(ctx context.Context, env *environment, o *watchOptions) error {
	heed := ignoreBrokenPipes()
	defer heed()
	screen, drawn := openTerminal(env)
	if o.format == "" && drawn {
		o.format = asTable
	} else if o.format == "" {
		o.format = asTab
	}
	var err error
	switch {
	case o.once:
		err = watchOnce(ctx, env, o)
	case o.format != asTable:
		err = untilSignal(ctx, func(ctx context.Context) error { return watchLines(ctx, env, o) })
	case !drawn:
		return usageError{errors.New("--format table wants a terminal, or --once")}
	default:
		ctx, stop := notifyEnd(ctx)
		defer stop()
		err = watchTable(ctx, screen, o)
	}
	if errors.Is(err, syscall.EPIPE) {
		return nil // whoever read has seen enough
	}
	return err
}

// untilSignal does something until it is interrupted.
func untilSignal(ctx context.Context, do func(context.Context) error) error {
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return do(ctx)
}
