package main

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"time"

	"ticker/market"
	"ticker/wire"
)

// watchFormat is how a watch shows records. It is the value of a flag; empty for
// what suits the output.
type watchFormat string

// The formats.
const (
	asTable watchFormat = "table"
	asTab   watchFormat = "tab"
	asJSON  watchFormat = "json"
	asCSV   watchFormat = "csv"
)

// String implements pflag.Value.
func (f *watchFormat) String() string { return string(*f) }

// Type implements pflag.Value.
func (*watchFormat) Type() string { return "format" }

// Set implements pflag.Value.
func (f *watchFormat) Set(text string) error {
	switch chosen := watchFormat(text); chosen {
	case asTable, asTab, asJSON, asCSV:
		*f = chosen
		return nil
	}
	return errors.New("must be table, tab, json or csv")
}

// lines writes records as lines. Its methods are called by one goroutine.
type lines struct {
	out    *bufio.Writer
	csv    *csv.Writer // nil in the other formats
	format watchFormat
	fields []market.Field
	line   []byte
}

// newLines returns a writer of lines with these value fields. Nothing is written
// before flush.
func newLines(to io.Writer, format watchFormat, fields []market.Field) *lines {
	l := &lines{out: bufio.NewWriter(to), format: format, fields: fields}
	if format == asCSV {
		l.csv = csv.NewWriter(l.out)
		_ = l.csv.Write(l.head()) // flush tells
	}
	return l
}

// head names the cells of a line of CSV.
func (l *lines) head() []string {
	head := []string{"symbol", "seq"}
	for _, f := range l.fields {
		head = append(head, f.String())
	}
	return append(head, "ts", "recv", "source", "status", "reason")
}

// write writes one record. Failures are told by flush.
func (l *lines) write(r *wire.Record) {
	switch l.format {
	case asCSV:
		_ = l.csv.Write(l.cells(r))
	case asJSON:
		l.line = wire.JSON.AppendQuote(l.line[:0], &r.Quote, l.set(), nil)
		_, _ = l.out.WriteString(printableJSON(string(l.line)) + "\n")
	case asTab, asTable:
		l.line = l.appendTab(l.line[:0], r)
		_, _ = l.out.Write(l.line)
	}
}

// flush gives everything that was written to the output.
func (l *lines) flush() error {
	if l.csv != nil {
		l.csv.Flush()
		if err := l.csv.Error(); err != nil {
			return err
		}
	}
	return l.out.Flush()
}

// set returns what an object has besides its symbol, seq and times.
func (l *lines) set() market.Fields {
	set := setOf(l.fields)
	return set.With(market.StatusField).With(market.SourceField)
}

func setOf(fields []market.Field) (set market.Fields) {
	for _, f := range fields {
		set = set.With(f)
	}
	return set
}

// cells returns a record as cells of CSV, empty for what is not known.
func (l *lines) cells(r *wire.Record) []string {
	cells := []string{string(r.Symbol), strconv.FormatUint(r.Seq, 10)}
	for _, f := range l.fields {
		cell := ""
		if value, known := r.Value(f); known {
			cell = value.String()
		}
		cells = append(cells, cell)
	}
	ts := ""
	if r.TS != 0 {
		ts = strconv.FormatInt(r.TS, 10)
	}
	return append(cells, ts, strconv.FormatInt(r.Recv, 10), printable(r.Source), r.Status.String(), r.Reason.String())
}

// tabTime is RFC 3339 with microseconds, always as wide.
const tabTime = "2006-01-02T15:04:05.000000Z"

// appendTab appends a record as fields with tabs between them.
func (l *lines) appendTab(dst []byte, r *wire.Record) []byte {
	dst = append(dst, r.Symbol...)
	dst = fmt.Appendf(dst, "\t%d\t", r.Seq)
	dst = time.UnixMicro(r.Recv).UTC().AppendFormat(dst, tabTime)
	dst = append(dst, '\t')
	dst = append(dst, r.Status.String()...)
	if r.Reason != market.NoReason {
		dst = append(dst, ':')
		dst = append(dst, r.Reason.String()...)
	}
	for _, f := range l.fields {
		dst = append(dst, '\t')
		if value, known := r.Value(f); known {
			dst = value.AppendTo(dst)
		} else {
			dst = append(dst, '-')
		}
	}
	return append(dst, '\n')
}
