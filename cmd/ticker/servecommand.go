package main

import (
	"strings"

	"github.com/spf13/cobra"
)

func newServeCommand(env *environment) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the service",
		Long: "serve runs the service until SIGINT or SIGTERM. Without flags and configuration\n" +
			"it simulates a market of 500 symbols at 20,000 quotes a second; the dashboard is\n" +
			"at http://127.0.0.1:8080/. A flag beats the environment (TICKER_…), which beats\n" +
			"the file, which beats the defaults; `ticker config print` shows what that gives.\n" +
			"SIGHUP has the file read again.",
		Example: "  ticker serve\n" +
			"  ticker serve --feed 'sim:?symbols=5000&rate=100000' --feed push:\n" +
			"  ticker serve --feed 'replay:day-*.log.gz?venue=coinbase&speed=10'\n" +
			"  ticker serve --feed 'coinbase:?symbols=BTC-USD,ETH-USD' --feed kraken:\n" +
			"  ticker serve --history postgres://ticker@db.example.com/ticker\n" +
			"  ticker serve --feed 'history:?from=2026-11-20T14:30:00Z&to=2026-11-20T21:00:00Z&speed=10'",
		Args: takes(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			from := reading{file: file, environ: env.environ}
			for _, f := range serveFlags() {
				if values, given := f.values(cmd); given {
					from.flags = append(from.flags, givenFlag{f.name, f.path, values})
				}
			}
			c, err := from.read()
			if err != nil {
				return err
			}
			return serve(cmd.Context(), env, c)
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "configuration `FILE` (default ./ticker.yaml or /etc/ticker/ticker.yaml, if there)")
	for _, f := range serveFlags() {
		f.define(cmd)
	}
	return cmd
}

// serveFlag is a flag that sets a key. Its usage names the argument between
// backquotes.
type serveFlag struct{ name, path, usage string }

func serveFlags() []serveFlag {
	return []serveFlag{
		{"listen", "listen", "public `ADDR`: dashboard, HTTP and WebSocket"},
		{"admin", "admin", "admin `ADDR`: health, metrics, profiles"},
		{"feed", "feeds", "source of quotes, as a `SPEC`: sim:, replay:PATH, push:, history:, an exchange (coinbase:, kraken:, …) or a queue (kafka:, nats:, …), with options behind a ?; may be given again"},
		{"history", "history.url", "`URL` of the history: sqlite:[PATH], postgres://…, or off"},
		{"relay", "relay.url", "`URL` of what carries the stream between several nodes: nats://…, redis://…, or embedded:"},
		{"role", "relay.role", "`ROLE` of this node: all, ingest, edge or recorder"},
		{"data", "data", "`DIR` for what the service keeps"},
	}
}

func (f serveFlag) define(cmd *cobra.Command) {
	if f.path == "feeds" {
		cmd.Flags().StringArray(f.name, nil, f.usage)
		return
	}
	k, _ := findKey(f.path)
	cmd.Flags().String(f.name, strings.Join(k.value(defaults()).get(), " "), f.usage)
}

// values returns what the flag was given, if it was.
func (f serveFlag) values(cmd *cobra.Command) ([]string, bool) {
	flag := cmd.Flags().Lookup(f.name)
	if !flag.Changed {
		return nil, false
	}
	if values, err := cmd.Flags().GetStringArray(f.name); err == nil {
		return values, true
	}
	return []string{flag.Value.String()}, true
}
