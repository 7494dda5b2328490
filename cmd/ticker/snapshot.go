package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
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
			"  ticker snapshot --at 2026-11-20T14:30:00Z AAPL",
		Args: takesSymbols,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.symbols, o.token = args, env.getenv(tokenVariable)
			return snapshot(cmd.Context(), env, &o)
		},
	}
	cmd.Flags().StringVar(&o.url, "url", defaultURL, "`URL` of the service: http, https, ws or wss")
	cmd.Flags().StringVar(&o.at, "at", "", "`TIME`, RFC 3339 or microseconds since the Unix epoch")
	return cmd
}

// snapshot prints the records that the service has.
func snapshot(ctx context.Context, env *environment, o *snapshotOptions) error {
	if err := checkURL(o.url); err != nil {
		return err
	}
	query := wire.SnapshotQuery{Symbols: o.symbols}
	if o.at != "" {
		at, err := wire.ParseTime(o.at)
		if err != nil {
			return usageError{fmt.Errorf("--at %q: %w", o.at, err)}
		}
		query.At = at
	}
	service := client.HTTP{URL: o.url, Token: o.token}
	found, err := service.Snapshot(ctx, query)
	if err != nil {
		return plainError(err)
	}
	if err := writeRecords(env.stdout, found.Raw); err != nil {
		return err
	}
	missing := missingSymbols(o.symbols, found.Records)
	switch {
	case len(found.Raw) == 0:
		return fmt.Errorf("no record of %s", strings.Join(o.symbols, ", "))
	case len(missing) > 0:
		_, _ = fmt.Fprintln(env.stderr, "ticker snapshot: no record of", strings.Join(missing, ", "))
	}
	return nil
}

// writeRecords writes each record as a line.
func writeRecords(to io.Writer, records []json.RawMessage) error {
	var line bytes.Buffer
	out := bufio.NewWriter(to)
	for _, record := range records {
		line.Reset()
		if err := json.Compact(&line, record); err != nil {
			return fmt.Errorf("read record: %w", err)
		}
		_, _ = out.WriteString(printableJSON(line.String()) + "\n") // Flush tells
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write: %w", err)
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
