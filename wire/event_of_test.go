package wire

import (
	"bytes"
	"testing"

	"ticker/market"
)

// isEventOf fails the test unless EventOf and RecordsOf tell of a message, written in
// JSON, what it is.
func isEventOf(t *testing.T, m Message) {
	t.Helper()
	var name, cursor, records string
	switch m := m.(type) {
	case *Quotes:
		name, cursor = "quotes", m.Cursor
		records = recordsIn(m.Records)
	case *Heartbeat:
		name, cursor = "heartbeat", m.Cursor
	case *Welcome:
		name = "welcome"
	case *Draining:
		name = "draining"
	case *Expiring:
		name = "expiring"
	case *Expired:
		name = "expired"
	case *Removed:
		name = "removed"
	}
	text := JSON.AppendMessage(nil, m)
	gotName, gotCursor := EventOf(text)
	if string(gotName) != name || string(gotCursor) != cursor {
		t.Errorf("%s is the event %q with the cursor %q, want %q and %q", text, gotName, gotCursor, name, cursor)
	}
	if got := RecordsOf(text); string(got) != records {
		t.Errorf("%s has the records %s, want %s", text, got, records)
	}
}

// recordsIn writes records with commas between them.
func recordsIn(records []Record) string {
	var texts [][]byte
	for i := range records {
		r := &records[i]
		texts = append(texts, JSON.AppendQuote(nil, &r.Quote, r.Set, r.Envelope))
	}
	return string(bytes.Join(texts, []byte{','}))
}

func TestEventOfTellsEveryMessageFromEveryOther(t *testing.T) {
	t.Parallel()
	for _, s := range sampleMessages(t) {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			isEventOf(t, s.message)
		})
	}
}

// TestEventOfReadsWhatIsWrittenPieceByPiece covers the way of the hot path, which
// writes no Message.
func TestEventOfReadsWhatIsWrittenPieceByPiece(t *testing.T) {
	t.Parallel()
	q := sampleQuote(t)
	for n := range 4 {
		text := JSON.OpenQuotes(nil, "E.1", n)
		var records []Record
		for i := range n {
			if i > 0 {
				text = JSON.AppendSeparator(text)
			}
			text = JSON.AppendQuote(text, &q, market.AllFields, nil)
			records = append(records, Record{Quote: q, Set: market.AllFields})
		}
		text = JSON.CloseQuotes(text, 0, n)
		name, cursor := EventOf(text)
		if got := RecordsOf(text); string(name) != "quotes" || string(cursor) != "E.1" || string(got) != recordsIn(records) {
			t.Errorf("%d records: event %q, cursor %q, records %s", n, name, cursor, got)
		}
	}
	name, cursor := EventOf(JSON.AppendHeartbeat(nil, 1, "E.2"))
	if string(name) != "heartbeat" || string(cursor) != "E.2" {
		t.Errorf("event %q, cursor %q", name, cursor)
	}
}

func TestWhatIsNoEventHasNeitherNameNorRecords(t *testing.T) {
	t.Parallel()
	texts := []string{"", "{}", `{"type":"event"`, `{"type":"event","channel":"news","event":"welcome"}`, jsonQuotesHead[1:]}
	for _, s := range sampleResults(t) {
		texts = append(texts, string(JSON.AppendResult(nil, s.result)))
	}
	for _, text := range texts {
		name, cursor := EventOf([]byte(text))
		if records := RecordsOf([]byte(text)); name != nil || cursor != nil || records != nil {
			t.Errorf("%q is the event %q with the cursor %q and the records %s", text, name, cursor, records)
		}
	}
}

// FuzzEventOf holds what is told of a text against what a parser reads in it, for
// every message that this package may have written.
func FuzzEventOf(f *testing.F) {
	for _, s := range sampleMessages(f) {
		f.Add(JSON.AppendMessage(nil, s.message))
	}
	for _, text := range []string{
		`{"type":"event","channel":"system","event":"welcome","session":"\",\"cursor\":\"x","epoch":"heartbeat"}`,
		`{"type":"error","id":"{\"type\":\"event\"","code":"bad_request","message":"\",\"quotes\":["}`,
		`{"type":"event","channel":"quotes","cursor":"a.b","quotes":[{"symbol":"A","source":"\",\"quotes\":[","seq":1}]}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		m, err := JSON.ParseMessage(data)
		if err != nil || !isOurs(m) {
			return
		}
		if r, ok := m.(*Response); ok {
			r.Result = &Authenticated{Sub: string(data)} // any text at all
		}
		isEventOf(t, m)
	})
}

// isOurs reports whether a message is one that this service may have written: of a
// known kind, and with a cursor and symbols that stand in it as they are.
func isOurs(m Message) bool {
	cursor := ""
	switch m := m.(type) {
	case *Unknown:
		return false
	case *Quotes:
		for i := range m.Records {
			if _, err := market.ParseSymbol(string(m.Records[i].Symbol)); err != nil {
				return false
			}
		}
		cursor = m.Cursor
	case *Heartbeat:
		cursor = m.Cursor
	}
	for _, c := range []byte(cursor) {
		if c <= ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return len(cursor) <= MaxCursorBytes
}
