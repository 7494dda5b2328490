package main

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"ticker/client"
	"ticker/market"
)

// format is how a list is printed. It is the value of a flag.
type format string

// The formats.
const (
	jsonLines format = "json"
	csvLines  format = "csv"
)

// String implements pflag.Value.
func (f *format) String() string { return string(*f) }

// Type implements pflag.Value.
func (*format) Type() string { return "format" }

// Set implements pflag.Value.
func (f *format) Set(text string) error {
	switch chosen := format(text); chosen {
	case jsonLines, csvLines:
		*f = chosen
		return nil
	}
	return errors.New("must be json or csv")
}

// flag adds the flag that chooses the format.
func (f *format) flag(cmd *cobra.Command) {
	*f = jsonLines
	cmd.Flags().Var(f, "format", "`FORMAT` of the output: json, one object a line, or csv with a header line")
}

// listing is a list that a service answered with: as it wrote it, and as rows.
type listing struct {
	raw  []json.RawMessage
	head []string
	row  func(i int) []string
}

// writeTo writes each entry as a line.
func (l *listing) writeTo(to io.Writer, f format) error {
	out := bufio.NewWriter(to)
	write := l.writeJSON
	if f == csvLines {
		write = l.writeCSV
	}
	if err := write(out); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

func (l *listing) writeJSON(out *bufio.Writer) error {
	var line bytes.Buffer
	for _, record := range l.raw {
		line.Reset()
		if err := json.Compact(&line, record); err != nil {
			return fmt.Errorf("read record: %w", err)
		}
		_, _ = out.WriteString(printableJSON(line.String()) + "\n") // Flush tells
	}
	return nil
}

func (l *listing) writeCSV(out *bufio.Writer) error {
	table := csv.NewWriter(out)
	_ = table.Write(l.head) // Error tells
	for i := range l.raw {
		_ = table.Write(l.row(i)) // Error tells
	}
	table.Flush()
	if err := table.Error(); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// listQuotes lists records. What is not known is an empty cell.
func listQuotes(q *client.Quotes) *listing {
	head := []string{"symbol", "seq"}
	for f := range market.NumValues {
		head = append(head, f.String())
	}
	head = append(head, "ts", "recv", "source", "status", "reason")
	return &listing{raw: q.Raw, head: head, row: func(i int) []string { return quoteRow(&q.Records[i].Quote) }}
}

func quoteRow(q *market.Quote) []string {
	row := []string{printable(string(q.Symbol)), strconv.FormatUint(q.Seq, 10)}
	for f := range market.NumValues {
		cell := ""
		if value, known := q.Value(f); known {
			cell = value.String()
		}
		row = append(row, cell)
	}
	ts, reason := "", ""
	if q.TS != 0 {
		ts = strconv.FormatInt(q.TS, 10)
	}
	if q.Reason != market.NoReason {
		reason = q.Reason.String()
	}
	return append(row, ts, strconv.FormatInt(q.Recv, 10), printable(q.Source), q.Status.String(), reason)
}

func listCandles(c *client.Candles) *listing {
	head := []string{"ts", "open", "high", "low", "close", "volume", "trades"}
	return &listing{raw: c.Raw, head: head, row: func(i int) []string {
		one := &c.Candles.Candles[i]
		return []string{
			strconv.FormatInt(one.TS, 10), one.Open.String(), one.High.String(), one.Low.String(), one.Close.String(),
			one.Volume.String(), strconv.FormatUint(one.Trades, 10),
		}
	}}
}
