package server_test

import (
	"context"
	"flag"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/market"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// mask replaces what is drawn by lot in a stream: the name of the session, the epoch,
// and when to come back.
func (r *rig) mask(text string) string {
	text = strings.ReplaceAll(text, r.book.Epoch(), "EPOCH")
	text = regexp.MustCompile(`"session":"[A-Z2-7]+"`).ReplaceAllString(text, `"session":"SESSION"`)
	text = regexp.MustCompile(`(?m)^retry: [0-9]+$`).ReplaceAllString(text, "retry: WAIT")
	return regexp.MustCompile(`"reconnectAfter":"[0-9.]+m?s"`).ReplaceAllString(text, `"reconnectAfter":"WAIT"`)
}

func TestAStreamIsWrittenAsInTheGoldenFile(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.apply("AAPL", map[market.Field]int64{market.Bid: 18998, market.BidSize: 30000, market.Ask: 19001})
		sleep(time.Second)
		conn := r.begin(t, "GET /v1/sse?symbols=AAPL,BTC-*,XYZ&interval=250ms&mode=delta&envelope=true HTTP/1.1\r\n"+
			"Host: ticker\r\nOrigin: https://app.example.com\r\n\r\n")
		synctest.Wait()
		r.apply("AAPL", map[market.Field]int64{market.Ask: 19000})
		sleep(time.Second)
		r.trade("BTC-USD", 91000, 2)
		sleep(20 * time.Second) // with a heartbeat in it
		r.book.Apply(&market.Update{
			Symbol: "AAPL", Source: r.source,
			Set: market.Fields(0).With(market.StatusField), Status: market.Stale, Reason: market.Disconnected,
		})
		sleep(time.Second)
		if err := r.srv.Drain(context.WithoutCancel(r.t.Context())); err != nil {
			t.Error(err)
		}
		raw, err := io.ReadAll(conn)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", "events.golden")
		got := r.mask(strings.ReplaceAll(string(raw), "\r\n", "\\r\n"))
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), got); diff != "" {
			t.Errorf("the stream differs from %s (-want +got):\n%s", path, diff)
		}
	}, withOrigins("https://app.example.com"))
}
