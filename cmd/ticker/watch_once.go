package main

import (
	"bufio"
	"context"
	"fmt"
	"strings"
	"time"

	"ticker/client"
	"ticker/market"
	"ticker/wire"
)

// watchOnce writes what is known now.
func watchOnce(ctx context.Context, env *environment, o *watchOptions) error {
	service := client.HTTP{URL: o.url, Token: o.token}
	found, err := service.Snapshot(ctx, wire.SnapshotQuery{Symbols: o.symbols})
	if err != nil {
		return plainError(err)
	}
	if len(found.Records) == 0 {
		return fmt.Errorf("no record of %s", strings.Join(o.symbols, ", "))
	}
	if o.format == asTable {
		return printTable(env, o, found.Records)
	}
	out := newLines(env.stdout, o.format, o.lineFields())
	for i := range found.Records {
		out.write(&found.Records[i])
	}
	return out.flush()
}

// printTable writes the table as it is at this moment: all of it, as wide as it
// is, unless a terminal has an end.
func printTable(env *environment, o *watchOptions, records []wire.Record) error {
	now := time.Now()
	s := &scene{
		link: link{state: client.State{Phase: client.Online}, granted: true, heard: now},
		now:  now, columns: maxPrinted, rows: len(records) + len(o.symbols) + 1,
	}
	if t, ok := openTerminal(env); ok {
		s.ink = t.ink
		s.columns, _ = t.size()
	}
	quotes := make([]market.Quote, len(records))
	for i := range records {
		quotes[i] = records[i].Quote
		s.behind = max(s.behind, time.UnixMicro(quotes[i].Recv).Sub(now))
	}
	b := newBoard(o.symbols, o.subscribed())
	b.still, b.widths = true, [numColumns]int{markColumn: 1}
	b.take(quotes, now)
	out := bufio.NewWriter(env.stdout)
	for _, spans := range b.table(s, s.rows) {
		_, _ = out.WriteString(paint(spans, s.columns, s.ink) + "\n") // Flush tells
	}
	return out.Flush()
}

// maxPrinted is as wide as a line gets where no window ends it.
const maxPrinted = 1 << 10
