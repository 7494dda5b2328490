package main

import (
	"context"
	"errors"
	"fmt"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"
	"unicode"

	"github.com/spf13/cobra"

	"ticker/client"
	"ticker/market"
	"ticker/wire"
)

const (
	defaultURL = "http://127.0.0.1:8080"
	// tokenVariable holds the credential of the client commands. A flag would
	// show it to everybody who lists the processes.
	tokenVariable = "TICKER_TOKEN"

	defaultWatchInterval = 250 * time.Millisecond

	// watchFields are the values that a watch shows.
	watchFields market.Fields = 1<<market.BidSize | 1<<market.Bid | 1<<market.Ask | 1<<market.AskSize |
		1<<market.Last | 1<<market.Volume
)

// watchOptions are what `ticker watch` was told.
type watchOptions struct {
	url, token string
	interval   time.Duration
	symbols    []string
}

func newWatchCommand(env *environment) *cobra.Command {
	var o watchOptions
	cmd := &cobra.Command{
		Use:   "watch [--url URL] [--interval TIME] SYMBOL...",
		Short: "Show a live watchlist in the terminal",
		Long: "watch shows the newest quotes of symbols and patterns until it is interrupted. It\n" +
			"comes back by itself when the connection breaks.\n\n" +
			"On a terminal it draws a table; q or Ctrl-C quits. What does not fit the window is\n" +
			"counted. NO_COLOR turns colours off.\n\n" +
			"Otherwise, and on a terminal that can only print, it writes one line a record,\n" +
			"with tabs between the fields and - for what is not known:\n\n" +
			"  " + strings.Join(plainColumns(), " ") + "\n\n" +
			"where time is when the service accepted the record and status is live, halted or\n" +
			"stale with its reason. Whoever reads slowly gets fewer, newer records.\n\n" +
			"The variable " + tokenVariable + " holds the token for a service that wants one.",
		Example: "  ticker watch BTC-USD ETH-USD\n" +
			"  ticker watch --interval 1s 'BTC-*'\n" +
			"  ticker watch AAPL | awk '$9 > 190 { print $1, $9 }'",
		Args: takesSymbols,
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.interval <= 0 {
				return usageError{fmt.Errorf("--interval must be above 0, and is %v", o.interval)}
			}
			o.symbols, o.token = args, env.getenv(tokenVariable)
			return watch(cmd.Context(), env, &o)
		},
	}
	cmd.Flags().StringVar(&o.url, "url", defaultURL, "`URL` of the service: http, https, ws or wss")
	cmd.Flags().DurationVar(&o.interval, "interval", defaultWatchInterval, "shortest `TIME` between two records of a symbol")
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

// watch watches until ctx is done or a signal comes.
func watch(ctx context.Context, env *environment, o *watchOptions) error {
	err := checkURL(o.url)
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	if screen, ok := openTerminal(env); ok {
		err = watchTable(ctx, screen, o)
	} else {
		err = watchPlain(ctx, env, o)
	}
	if errors.Is(err, syscall.EPIPE) {
		return nil // whoever read has seen enough
	}
	return err
}

// watcher is a client that has one subscription.
type watcher struct {
	client *client.Client
	wanted client.Subscription
}

// newWatcher completes a Config that has the callbacks.
func newWatcher(o *watchOptions, cfg client.Config) (*watcher, error) {
	cfg.URL, cfg.Token = o.url, o.token
	c, err := client.New(cfg)
	if err != nil {
		return nil, err
	}
	return &watcher{
		client: c,
		wanted: client.Subscription{Symbols: o.symbols, Interval: o.interval, Fields: watchFields},
	}, nil
}

// run keeps the subscription up until ctx is done. The error says why there is
// nothing to watch.
func (w *watcher) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var asking sync.WaitGroup
	var refused error
	asking.Go(func() {
		if refused = w.ask(ctx); refused != nil {
			cancel()
		}
	})
	err := w.client.Run(ctx)
	cancel()
	asking.Wait()
	if err != nil {
		return err
	}
	return refused
}

// ask subscribes. Its own end of ctx, or that of the client, is no error here.
func (w *watcher) ask(ctx context.Context) error {
	granted, err := w.client.Subscribe(ctx, w.wanted)
	switch {
	case ctx.Err() != nil, errors.Is(err, client.ErrEnded):
		return nil
	case err != nil:
		return err
	case len(granted.Symbols) == 0:
		return fmt.Errorf("nothing to watch: %s", rejections(granted.Rejected))
	}
	return nil
}

// rejections lists refused symbols with the reasons.
func rejections(rejected []wire.RejectedSymbol) string {
	texts := make([]string, len(rejected))
	for i, r := range rejected {
		texts[i] = printable(r.Symbol) + " is refused (" + printable(string(r.Code)) + ")"
	}
	return strings.Join(texts, ", ")
}

// printable takes everything out of a text that a terminal would obey instead
// of showing it: control characters, and those that turn the direction.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return -1
	}, text)
}
