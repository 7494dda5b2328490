package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"ticker/client"
	"ticker/wire"
)

// snapshotOptions are what `ticker snapshot` was told.
type snapshotOptions struct {
	url, token, at string
	symbols        []string
	format         format
}

func newSnapshotCommand(env *environment) *cobra.Command {
	var o snapshotOptions
	cmd := &cobra.Command{
		Use:   "snapshot [--url URL] [--at TIME] SYMBOL...",
		Short: "Print the newest record of each symbol as JSON lines",
		Long: "snapshot prints the newest record of each symbol, one a line, as the service wrote\n" +
			"it; with --at, the newest at or before that time, from the recorded history. Names\n" +
			"without a record are told on stderr. Exit code 0 means at least one record, 1 none\n" +
			"or a failure.\n\n" +
			"The variable " + tokenVariable + " holds the token for a service that wants one.",
		Example: "  ticker snapshot 'BTC-*' | jq .last\n" +
			"  ticker snapshot --at 2026-11-20T14:30:00Z AAPL\n" +
			"  ticker snapshot --format csv '*' > quotes.csv",
		Args: takesSymbols,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.symbols, o.token = args, env.getenv(tokenVariable)
			return snapshot(cmd.Context(), env, &o)
		},
	}
	cmd.Flags().StringVar(&o.url, "url", defaultURL, "`URL` of the service: http, https, ws or wss")
	cmd.Flags().StringVar(&o.at, "at", "", "`TIME`, RFC 3339 or microseconds since the Unix epoch")
	o.format.flag(cmd)
	return cmd
}

// snapshot prints the records that the service has.
func snapshot(ctx context.Context, env *environment, o *snapshotOptions) error {
	if err := checkURL(o.url); err != nil {
		return err
	}
	at, err := timeFlag("at", o.at, 1)
	if err != nil {
		return usageError{err}
	}
	service := client.HTTP{URL: o.url, Token: o.token}
	found, err := service.Snapshot(ctx, wire.SnapshotQuery{Symbols: o.symbols, At: at})
	if err != nil {
		return plainError(err)
	}
	if len(found.Raw) == 0 {
		return fmt.Errorf("no record of %s", strings.Join(o.symbols, ", "))
	}
	if err := listQuotes(&found).writeTo(env.stdout, o.format); err != nil {
		return err
	}
	if missing := missingSymbols(o.symbols, found.Records); len(missing) > 0 {
		_, _ = fmt.Fprintln(env.stderr, "ticker snapshot: no record of", strings.Join(missing, ", "))
	}
	return nil
}

// plainError makes what a service said safe for the terminal.
func plainError(err error) error {
	if text := printable(err.Error()); text != err.Error() {
		return errors.New(text)
	}
	return err
}

// missingSymbols returns the names, not the patterns, that have no record.
func missingSymbols(asked []string, found []wire.Record) []string {
	return slices.DeleteFunc(slices.Clone(asked), func(name string) bool {
		return strings.HasSuffix(name, "*") ||
			slices.ContainsFunc(found, func(r wire.Record) bool { return string(r.Symbol) == name })
	})
}

// printableJSON writes what a terminal would obey as escapes. Such characters
// stand only within strings, where the escape means the same.
func printableJSON(text string) string {
	if strings.IndexFunc(text, obeyed) < 0 {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case !obeyed(r):
			b.WriteRune(r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// obeyed reports whether a terminal does something about a character other
// than showing it. What is no UTF-8 shows as the replacement character.
func obeyed(r rune) bool { return r != utf8.RuneError && !unicode.IsPrint(r) }
