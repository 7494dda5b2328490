package server

import (
	"bufio"
	"bytes"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"pgregory.net/rapid"

	"ticker/book"
	"ticker/fanout"
	"ticker/throttle"
	"ticker/wire"
)

// eventTexts are messages of every kind that an event stream has, and what stands
// before their text.
func eventTexts() map[string][]byte {
	return map[string][]byte{
		"event: welcome\n":             wire.JSON.AppendMessage(nil, &wire.Welcome{Session: "s", Epoch: "E", Heartbeat: time.Second}),
		"event: subscribed\n":          wire.JSON.AppendResult(nil, &wire.Subscribed{Interval: time.Second}),
		"event: quotes\nid: E.7\n":     wire.JSON.CloseQuotes(wire.JSON.OpenQuotes(nil, "E.7", 1), 0, 0),
		"event: heartbeat\nid: E.z1\n": wire.JSON.AppendHeartbeat(nil, 5, "E.z1"),
		"event: draining\n":            wire.JSON.AppendMessage(nil, &wire.Draining{ReconnectAfter: time.Second}),
	}
}

func TestSealMakesOneWholeEventOfEveryMessage(t *testing.T) {
	t.Parallel()
	texts := eventTexts()
	for head, text := range texts {
		rapid.Check(t, func(rt *rapid.T) {
			before := rapid.SliceOfN(rapid.Byte(), 0, 20).Draw(rt, "before")
			spare := rapid.IntRange(0, 300).Draw(rt, "spare")
			dst := append(make([]byte, 0, len(before)+spare), before...)
			dst = append(eventFraming{}.Open(dst), text...)
			got := eventFraming{}.Seal(dst, len(before))
			want := string(before) + head + "data: " + string(text) + "\n\n"
			if string(got) != want {
				rt.Errorf("%q, want %q", got, want)
			}
		})
	}
}

func TestRecordsOfAPollAreThoseOfItsEventsAndNothingElse(t *testing.T) {
	t.Parallel()
	var dst []byte
	for _, records := range []string{"", `{"symbol":"A","seq":1}`, `{"symbol":"B","seq":1},{"symbol":"C","seq":2}`} {
		for _, text := range eventTexts() {
			if bytes.HasPrefix(text, []byte(`{"type":"event","channel":"quotes"`)) {
				text = append(bytes.TrimSuffix(bytes.Clone(text), []byte("]}")), records+"]}"...)
			}
			start := len(dst)
			dst = recordFraming{}.Seal(append(recordFraming{}.Open(dst), text...), start)
			dst = recordFraming{}.Ping(dst)
		}
	}
	const want = `{"symbol":"A","seq":1},{"symbol":"B","seq":1},{"symbol":"C","seq":2},`
	if string(dst) != want {
		t.Errorf("%q, want %q", dst, want)
	}
}

func TestEventsAreMadeWithoutAllocations(t *testing.T) {
	text := wire.JSON.OpenQuotes(nil, "ABCDEFGHIJ.123456", 1)
	text = wire.JSON.CloseQuotes(append(text, bytes.Repeat([]byte("x"), 70_000)...), 0, 1)
	buf := make([]byte, 0, 128<<10)
	for name, seal := range map[string]func(dst []byte) []byte{
		"event":  func(dst []byte) []byte { return eventFraming{}.Seal(append(eventFraming{}.Open(dst), text...), 0) },
		"record": func(dst []byte) []byte { return recordFraming{}.Seal(append(recordFraming{}.Open(dst), text...), 0) },
	} {
		allocs := testing.AllocsPerRun(100, func() {
			if len(seal(buf)) < 70_000 {
				t.Error("too little")
			}
		})
		if allocs != 0 && !raceEnabled {
			t.Errorf("%s: %v allocations", name, allocs)
		}
	}
}

// taken is an answer whose connection is taken over while something else happens.
type taken struct {
	http.ResponseWriter
	conn      net.Conn
	meanwhile func()
}

// Hijack implements http.Hijacker.
func (w taken) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	w.meanwhile()
	return w.conn, nil, nil
}

func TestAStreamThatIsEndedAtOnceStillHasItsHead(t *testing.T) {
	t.Parallel()
	for range 20 {
		s := idleServer(t)
		near, far := tcpPair(t)
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/v1/sse?symbols=A", nil)
		if p := s.getEvents(taken{httptest.NewRecorder(), near, s.clients.stop}, r); p != nil {
			t.Fatalf("%+v", p)
		}
		resp, err := http.ReadResponse(bufio.NewReader(far), nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(resp.Body.Close(), far.Close()); err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("%s, %v", resp.Status, err)
		}
		s.clients.wait()
	}
}

// idleServer is a server over a hub that does not run: nothing happens but what the
// test does.
func idleServer(t *testing.T) *Server {
	t.Helper()
	intervals := throttle.Intervals{Default: time.Second, Min: time.Second, Max: time.Second}
	cfg := Config{
		Book: book.New(book.Config{Encode: fanout.Encode}), Intervals: intervals, Heartbeat: time.Minute,
		Logger: slog.New(slog.DiscardHandler), Registry: prometheus.NewRegistry(),
	}
	var err error
	cfg.Hub, err = fanout.New(fanout.Config{
		Book: cfg.Book, Intervals: intervals, Heartbeat: time.Minute, MaxSymbols: 1,
		Logger: cfg.Logger, Registerer: cfg.Registry,
	})
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
