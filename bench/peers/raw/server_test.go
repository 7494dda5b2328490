package raw

import (
	"bytes"
	"net"
	"net/url"
	"regexp"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"ticker/bench/peers/peer"
	"ticker/bench/peers/peer/peertest"
)

// smallBuffer fills soon and still takes whole segments of the loopback: with
// less, TCP trickles.
const smallBuffer = 256 << 10

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestConflatingSendsRisingRecordsOfWhatWasSubscribed(t *testing.T) {
	t.Parallel()
	s := Conflating(peertest.Config(t, 20, 1000))
	url, _ := peertest.Start(t, s)
	// At this rate few of the symbols change in an interval.
	last := peertest.Subscribe(t, url, 0, "SYM0003", "SYM0001", "SYM0001", "NOBODY").CheckRising(20)
	if len(last) != 2 || last["SYM0001"] == 0 || last["SYM0003"] == 0 {
		t.Errorf("records of %v", last)
	}
}

func TestConflatingSendsEverythingForAStar(t *testing.T) {
	t.Parallel()
	url, _ := peertest.Start(t, Conflating(peertest.Config(t, 700, 10_000)))
	c := peertest.Subscribe(t, url, 0, "*")
	seen := make(map[string]bool)
	peertest.Await(t, "a record of every symbol", func() bool {
		for _, r := range c.Next().Quotes {
			seen[r.Symbol] = true
		}
		return len(seen) == 700
	})
}

func TestConflatingPutsASymbolIntoAFrameOnce(t *testing.T) {
	t.Parallel()
	cfg := peertest.Config(t, 2, 100_000)
	url, _ := peertest.Start(t, Conflating(cfg))
	c := peertest.Subscribe(t, url, 0, "*")
	for range 20 {
		seen := make(map[string]bool)
		for _, r := range c.Next().Quotes {
			if seen[r.Symbol] {
				t.Fatalf("%s twice in a frame", r.Symbol)
			}
			seen[r.Symbol] = true
		}
	}
}

func TestClientThatDoesNotReadIsKeptAndGetsTheNewestLater(t *testing.T) {
	t.Parallel()
	cfg := peertest.Config(t, 2000, 100_000)
	s := Conflating(cfg)
	url, _ := peertest.Start(t, s)
	c := peertest.Subscribe(t, url, smallBuffer, "*")
	peertest.Await(t, "a frame that goes out in part", func() bool { return leftOver(s) > 0 })
	stuck := cfg.Market.Quotes()
	peertest.Await(t, "a market that goes on", func() bool { return cfg.Market.Quotes() > stuck+10_000 })
	newest, firstSymbol := cfg.Market.News(0), regexp.MustCompile(`"SYM0001","seq":(\d+)`)
	if diff := cmp.Diff(peer.Counts{Clients: 1}, s.Counts()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
	// Whole frames are some 100 KB: to look for one symbol in them is enough.
	last := uint64(0)
	peertest.Await(t, "the newest record", func() bool {
		for _, found := range firstSymbol.FindAllSubmatch(c.Text(), -1) {
			seq, err := strconv.ParseUint(string(found[1]), 10, 64)
			if err != nil || seq <= last {
				t.Fatalf("SYM0001 goes from %d to %s", last, found[1])
			}
			last = seq
		}
		return last >= newest
	})
}

// leftOver returns the bytes of frames that went out in part.
func leftOver(s *Server) int {
	bytes := 0
	for phase := range s.Plan.Phases {
		s.sessions.Visit(phase, func(one *session) bool {
			bytes += len(one.rest)
			return true
		})
	}
	return bytes
}

func TestStaticSendsTheSameOpeningRecordsEveryTime(t *testing.T) {
	t.Parallel()
	url, _ := peertest.Start(t, Static(peertest.Config(t, 20, 10_000)))
	c := peertest.Subscribe(t, url, 0, "SYM0002", "SYM0005")
	first := c.Next()
	if len(first.Quotes) != 2 || first.Quotes[0].Symbol != "SYM0002" || first.Quotes[1].Symbol != "SYM0005" {
		t.Fatalf("%+v", first)
	}
	for range 5 {
		if diff := cmp.Diff(first, c.Next()); diff != "" {
			t.Fatalf("another frame (-first +later):\n%s", diff)
		}
	}
}

func TestStaticFinishesAFrameThatWentOutInPart(t *testing.T) {
	t.Parallel()
	s := Static(peertest.Config(t, 2000, 1000))
	url, _ := peertest.Start(t, s)
	c := peertest.Subscribe(t, url, smallBuffer, "*")
	peertest.Await(t, "a frame that goes out in part", func() bool { return leftOver(s) > 0 })
	first := c.Text()
	for range 25 {
		if !bytes.Equal(c.Text(), first) {
			t.Fatal("another frame")
		}
	}
}

func TestClientsThatAreGoneAreNotCounted(t *testing.T) {
	t.Parallel()
	s := Conflating(peertest.Config(t, 5, 10_000))
	url, _ := peertest.Start(t, s)
	a, b := peertest.Subscribe(t, url, 0, "*"), peertest.Subscribe(t, url, 0, "*")
	peertest.Await(t, "two clients", func() bool { return s.Counts().Clients == 2 })
	_ = a.Conn.Close()
	peertest.Await(t, "one client", func() bool { return s.Counts().Clients == 1 })
	b.CheckRising(3)
}

func TestServerEndsItsClientsWhenItEnds(t *testing.T) {
	t.Parallel()
	s := Conflating(peertest.Config(t, 5, 10_000))
	url, stop := peertest.Start(t, s)
	c, silent := peertest.Subscribe(t, url, 0, "*"), peertest.Dial(t, url, 0)
	stop()
	for _, conn := range []*websocket.Conn{c.Conn, silent} {
		var err error
		for err == nil {
			_, _, err = conn.ReadMessage()
		}
	}
	if diff := cmp.Diff(peer.Counts{}, s.Counts()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestWhoDoesNotKeepToTheProtocolIsHungUpOn(t *testing.T) {
	t.Parallel()
	const shake = "GET /v1/ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
	address, _ := peertest.Start(t, Conflating(peertest.Config(t, 5, 1000)))
	place, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	for name, said := range map[string]string{
		"no HTTP":         "hello\r\n\r\n",
		"no WebSocket":    "GET /v1/ws HTTP/1.1\r\nHost: a\r\n\r\n",
		"another path":    "GET /v1/w" + shake[len("GET /v1/ws"):],
		"not masked":      shake + "\x81\x02{}",
		"no text":         shake + "\x82\x82\x00\x00\x00\x00{}",
		"an old rest":     shake + "\x80\x82\x00\x00\x00\x00{}",
		"two beginnings":  shake + "\x01\x82\x00\x00\x00\x00{}\x81\x82\x00\x00\x00\x00{}",
		"far too long":    shake + "\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff",
		"no subscribe":    shake + "\x81\x82\x00\x00\x00\x00{}",
		"not even object": shake + "\x81\x82\x00\x00\x00\x00xx",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			conn, err := (&net.Dialer{}).DialContext(t.Context(), "tcp", place.Host)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = conn.Close() }()
			if _, err := conn.Write([]byte(said)); err != nil {
				t.Fatal(err)
			}
			var answer bytes.Buffer
			_, _ = answer.ReadFrom(conn) // it may be reset
			if bytes.Contains(answer.Bytes(), []byte(`"type"`)) {
				t.Errorf("it was answered: %q", answer.Bytes())
			}
		})
	}
}
