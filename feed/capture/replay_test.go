package capture

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/feed"
	"ticker/feed/internal/pace"
	"ticker/feed/replay"
	"ticker/feed/venues"
	"ticker/market"
)

// capturesDir holds recordings of real exchanges. It stands beside the repository
// and not in it.
const capturesDir = "../../../shared/data/captures"

// script is a connection to a venue: one message of a kind in a line.
const script = `{"channel":"status","type":"update","data":[{"system":"online","version":"2.0"}]}
{"channel":"ticker","type":"snapshot","data":[{"symbol":"BTC/USD","bid":64000.1,"bid_qty":0.5,"ask":64000.2,"ask_qty":1.25,"last":64000.1,"volume":12.5,"low":63000,"high":65000}]}
{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"buy","price":64000.2,"qty":0.01,"ord_type":"market","trade_id":1001,"timestamp":"2025-01-02T03:04:05.678901Z"}]}
{"channel":"heartbeat"}
{"channel":"ticker","type":"update","data":[{"symbol":"ETH/USD","bid":3100.5,"bid_qty":2,"ask":3100.75,"ask_qty":4}]}
{"channel":"trade","type":"update","data":[{"symbol":"ETH/USD","price":3100.75,"qty":2,"trade_id":77,"timestamp":"2025-01-02T03:04:06Z"},{"symbol":"ETH/USD","price":3100.8,"qty":1,"trade_id":78,"timestamp":"2025-01-02T03:04:06Z"}]}
{"channel":"ticker","type":"update","data":[{"symbol":"BTC/USD","bid":"x","bid_qty":1}]}
not JSON at all
`

// sink keeps what it is told.
type sink struct {
	updates         []market.Update
	alive, rejected int
}

func (s *sink) Connected()              {}
func (s *sink) Update(u *market.Update) { s.updates = append(s.updates, *u) }
func (s *sink) Alive()                  { s.alive++ }
func (s *sink) Reject(error, []byte)    { s.rejected++ }

// parse is what a live feed makes of the messages.
func parse(t *testing.T, venue string, messages [][]byte) *sink {
	t.Helper()
	parser, err := venues.Parser(venue)
	if err != nil {
		t.Fatal(err)
	}
	live := &sink{}
	for _, m := range messages {
		switch err := parser.Parse(m, live.Update); {
		case err == nil:
		case errors.Is(err, feed.ErrSkipped):
			live.Alive()
		default:
			live.Reject(err, m)
		}
	}
	return live
}

// play is what a replay makes of the files. It must run in a bubble.
func play(t *testing.T, venue, glob string) *sink {
	t.Helper()
	source, err := replay.New(replay.Config{
		Paths: glob, Venue: venue, Speed: pace.Max, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	to, done := &sink{}, make(chan error)
	ctx, cancel := context.WithCancel(t.Context())
	go func() { done <- source.Run(ctx, to) }()
	synctest.Wait()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("replay: %v", err)
	}
	return to
}

// tape records messages, some of them a second.
func tape(t *testing.T, cfg Config, messages [][]byte, each time.Duration) *rig {
	t.Helper()
	r := newRig(t, cfg)
	r.start()
	for _, m := range messages {
		r.Message(m)
		time.Sleep(each)
	}
	synctest.Wait()
	return r
}

func TestReplayOfARecordingIsTheFeed(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var said [][]byte
		for line := range bytes.Lines([]byte(strings.Repeat(script, 40))) {
			said = append(said, line)
			var pretty bytes.Buffer
			if json.Indent(&pretty, line, "", "\t") == nil {
				said = append(said, pretty.Bytes())
			}
		}
		cfg := Config{Dir: dir, BufferBytes: minBufferBytes, FileBytes: 4 * minBufferBytes, FileAge: 30 * time.Second}
		tape(t, cfg, said, 100*time.Millisecond).stop()
		if n := len(paths(t, dir)); n < 3 {
			t.Errorf("only %d files", n)
		}
		if diff := compare(parse(t, "kraken", said), play(t, "kraken", filepath.Join(dir, "test-*"))); diff != "" {
			t.Errorf("(-live +replayed):\n%s", diff)
		}
	})
}

func compare(live, replayed *sink) string {
	byValue := cmp.Comparer(func(a, b market.Update) bool { return a == b })
	return cmp.Diff(live, replayed, byValue, cmp.AllowUnexported(sink{}))
}

func TestRecordingThatBreaksOffIsPlayedUpToThere(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		var said [][]byte
		for line := range bytes.Lines([]byte(strings.Repeat(script, 3))) {
			said = append(said, line)
		}
		r := tape(t, Config{Dir: dir}, said, 300*time.Millisecond)
		r.Message([]byte(`{"channel":"heartbeat"}`)) // not flushed yet
		path := paths(t, dir)[0]
		killed, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		r.stop()
		all := parse(t, "kraken", said)
		torn := filepath.Join(t.TempDir(), "torn.log.gz")
		header := len(killed)
		for size := len(killed); size >= 10; size-- {
			if err := os.WriteFile(torn, killed[:size], 0o600); err != nil {
				t.Fatal(err)
			}
			got := play(t, "kraken", torn)
			if n := len(got.updates); n > len(all.updates) || !equal(all.updates[:n], got.updates) {
				t.Fatalf("%d bytes of %d: %d updates, which are not the first", size, header, n)
			}
			if size == len(killed) && len(got.updates) < len(all.updates)-2 {
				t.Errorf("%d of %d updates of a recording that was killed", len(got.updates), len(all.updates))
			}
		}
	})
}

func equal(a, b []market.Update) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// manifest lists the captures.
type manifest []struct {
	ID, Adapter string
	WS          []string
}

func TestCapturesOfExchangesSurviveARecording(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(capturesDir, "manifest.json"))
	if errors.Is(err, os.ErrNotExist) {
		t.Log("no captures beside the repository")
		return
	}
	var captures manifest
	if err != nil || json.Unmarshal(text, &captures) != nil {
		t.Fatal(err)
	}
	for _, c := range captures {
		t.Run(c.ID, func(t *testing.T) {
			t.Parallel()
			said := captured(t, filepath.Join(capturesDir, c.WS[0]))
			venue, _, _ := strings.Cut(c.Adapter, "-")
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				r := tape(t, Config{Dir: dir, BufferBytes: maxBufferBytes}, said, 20*time.Millisecond)
				r.stop()
				r.want(len(said), 0, 0)
				if diff := compare(parse(t, venue, said), play(t, venue, filepath.Join(dir, "*.gz"))); diff != "" {
					t.Errorf("(-live +replayed):\n%.2000s", diff)
				}
			})
		})
	}
}

// captured reads the messages of a capture: what stands behind a time.
func captured(t *testing.T, path string) (messages [][]byte) {
	t.Helper()
	const enough = 5000
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }() // it was only read
	var in io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		if in, err = gzip.NewReader(file); err != nil {
			t.Fatal(err)
		}
	}
	text, err := io.ReadAll(in)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(text) {
		if _, message, ok := bytes.Cut(line, []byte(": ")); ok && line[0]-'0' <= 9 && len(messages) < enough {
			messages = append(messages, message)
		}
	}
	return messages
}
