package server_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"ticker/market"
	"ticker/server"
)

// fiftySymbols gives a book fifty symbols, and returns their names as a parameter.
func (r *rig) fiftySymbols() string {
	names := make([]string, 50)
	for i := range names {
		names[i] = fmt.Sprintf("SYM%04d", i)
		r.quote(market.Symbol(names[i]), int64(i))
	}
	return "symbols=" + strings.Join(names, ",")
}

// BenchmarkPoll watches what one poll of 50 symbols costs on a connection that is
// kept, from the request to the last byte of the answer: everything, what one change
// brought, and nothing.
func BenchmarkPoll(b *testing.B) {
	for _, c := range []struct {
		name   string
		cursor bool
		change bool
		status int
	}{
		{"everything", false, false, http.StatusOK},
		{"change", true, true, http.StatusOK},
		{"nothing", true, false, http.StatusNoContent},
	} {
		b.Run(c.name, func(b *testing.B) {
			r := overTCP(b)
			query, cursor := r.fiftySymbols(), ""
			transport := &http.Transport{}
			defer transport.CloseIdleConnections()
			b.ReportAllocs()
			for n := int64(0); b.Loop(); n++ {
				if c.change {
					r.quote("SYM0007", n)
				}
				req, err := http.NewRequestWithContext(b.Context(), http.MethodGet, "http://"+r.addr+"/v1/poll?wait=0s&"+query+cursor, nil)
				if err != nil {
					b.Fatal(err)
				}
				resp, err := transport.RoundTrip(req)
				if err != nil {
					b.Fatal(err)
				}
				if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != c.status && n > 0 {
					b.Fatal(resp.Status, err)
				}
				if err := resp.Body.Close(); err != nil {
					b.Fatal(err)
				}
				if c.cursor {
					cursor = "&cursor=" + resp.Header.Get("Ticker-Cursor")
				}
			}
		})
	}
}

// BenchmarkStreamReconnect watches what an EventSource costs that comes back, beside
// BenchmarkReconnect of a client over WebSocket: the request, the head, the welcome,
// the answer, and what it is sent then.
func BenchmarkStreamReconnect(b *testing.B) {
	r := overTCP(b, func(_ testing.TB, cfg *server.Config) { cfg.Limits.Handshakes = 1 << 20 })
	query, last := r.fiftySymbols(), ""
	b.ReportAllocs()
	for b.Loop() {
		conn, err := r.dial()
		if err != nil {
			b.Fatal(err)
		}
		s, got := r.askEventsOn(conn, query, "Last-Event-ID", last)
		s.begin(got)
		r.quote("SYM0007", 7)
		last = s.quotes().Cursor
		if err := conn.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
