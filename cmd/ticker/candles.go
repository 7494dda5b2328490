package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"ticker/client"
	"ticker/market"
	"ticker/wire"
)

// candlesOptions are what `ticker candles` was told.
type candlesOptions struct {
	url, token     string
	symbol         string
	from, to, step string
	format         format
}

func newCandlesCommand(env *environment) *cobra.Command {
	var o candlesOptions
	cmd := &cobra.Command{
		Use:   "candles [--url URL] [--from TIME] [--to TIME] [--step 1m] SYMBOL",
		Short: "Print the candles of a symbol as JSON lines",
		Long: "candles prints open, high, low, close, volume and number of trades of each step of\n" +
			"time that had a trade, one a line, oldest first, as the service wrote them. Steps\n" +
			"begin at multiples of their width since the Unix epoch and are always whole: those\n" +
			"that overlap the span are printed. Without --to the span ends now, without --from\n" +
			"it begins 500 steps earlier. Exit code 0 means at least one candle, 1 none or a\n" +
			"failure.\n\n" +
			"The variable " + tokenVariable + " holds the token for a service that wants one.",
		Example: "  ticker candles --step 5m AAPL | jq .close\n" +
			"  ticker candles --from 2026-11-20T14:30:00Z --to 2026-11-20T21:00:00Z --step 1m AAPL\n" +
			"  ticker candles --step 1h --format csv BTC-USD > btc.csv",
		Args: takesSymbol,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.symbol, o.token = args[0], env.getenv(tokenVariable)
			return candles(cmd.Context(), env, &o)
		},
	}
	cmd.Flags().StringVar(&o.url, "url", defaultURL, "`URL` of the service: http, https, ws or wss")
	cmd.Flags().StringVar(&o.from, "from", "", "first `TIME`, RFC 3339 or microseconds since the Unix epoch")
	cmd.Flags().StringVar(&o.to, "to", "", "`TIME` before which the span ends")
	cmd.Flags().StringVar(&o.step, "step", "", "`WIDTH` of a candle: whole seconds, 1s to 24h (default 1m)")
	o.format.flag(cmd)
	return cmd
}

// takesSymbol wants one argument, a symbol.
func takesSymbol(cmd *cobra.Command, args []string) error {
	if err := takes(1, 1, "one SYMBOL")(cmd, args); err != nil {
		return err
	}
	if _, err := market.ParseSymbol(args[0]); err != nil {
		return usageError{fmt.Errorf("no symbol %q: %w", args[0], err)}
	}
	return nil
}

// candles prints the candles that the service has.
func candles(ctx context.Context, env *environment, o *candlesOptions) error {
	if err := checkURL(o.url); err != nil {
		return err
	}
	query, err := o.query()
	if err != nil {
		return usageError{err}
	}
	service := client.HTTP{URL: o.url, Token: o.token}
	found, err := service.Candles(ctx, query)
	if err != nil {
		return plainError(err)
	}
	if len(found.Raw) == 0 {
		return fmt.Errorf("no candle of %s in that time", o.symbol)
	}
	return listCandles(&found).writeTo(env.stdout, o.format)
}

// query reads what was asked for. An error is a mistake of the caller.
func (o *candlesOptions) query() (wire.CandlesQuery, error) {
	from, err := timeFlag("from", o.from, 0)
	if err != nil {
		return wire.CandlesQuery{}, err
	}
	to, err := timeFlag("to", o.to, 1)
	if err != nil {
		return wire.CandlesQuery{}, err
	}
	if to != 0 && from >= to {
		return wire.CandlesQuery{}, errors.New("--from must be before --to")
	}
	step, err := o.width()
	return wire.CandlesQuery{Span: wire.Span{Symbol: o.symbol, From: from, To: to}, Step: step}, err
}

// width returns the step, 0 if it is left to the service. Which widths there
// are depends on the service too.
func (o *candlesOptions) width() (time.Duration, error) {
	if o.step == "" {
		return 0, nil
	}
	step, err := wire.ParseDuration(o.step)
	switch {
	case err != nil:
		return 0, fmt.Errorf("--step %q: %w", o.step, err)
	case step <= 0:
		return 0, fmt.Errorf("--step must be above 0, and is %v", step)
	}
	return step, nil
}

// timeFlag reads a flag that is a time, no earlier than the given one; 0 if there
// is none.
func timeFlag(name, text string, earliest int64) (int64, error) {
	if text == "" {
		return 0, nil
	}
	micros, err := wire.ParseTime(text)
	if err != nil || micros < earliest {
		return 0, fmt.Errorf("--%s %q: %w", name, text, wire.ErrTime)
	}
	return micros, nil
}
