package centrifuge

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"

	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"ticker/bench/peers/peer"
	"ticker/bench/peers/peer/peertest"
)

// The library leaves two kinds of goroutines behind when its node is shut down.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/FZambia/eagle.(*Eagle).aggregate"),
		goleak.IgnoreAnyFunction("github.com/centrifugal/centrifuge/internal/dissolve.(*Dissolver).runWorker"))
}

// client speaks the JSON protocol of centrifuge.
type client struct {
	conn  *websocket.Conn
	t     *testing.T
	lines [][]byte // of the frame that was read last
}

type reply struct {
	ID    int
	Error any
	Push  struct {
		Channel string
		Pub     struct{ Data peertest.Record }
	}
}

func subscribe(t *testing.T, url string, channels ...string) *client {
	t.Helper()
	c := &client{conn: peertest.Dial(t, url, 0), t: t}
	commands := []byte(`{"id":1,"connect":{}}` + "\n")
	for i, channel := range channels {
		commands = fmt.Appendf(commands, `{"id":%d,"subscribe":{"channel":%q}}`+"\n", i+2, channel)
	}
	if err := c.conn.WriteMessage(websocket.TextMessage, commands); err != nil {
		t.Fatal(err)
	}
	for answered := 0; answered <= len(channels); {
		switch r := c.next(); {
		case r.Error != nil:
			t.Fatalf("command %d: %v", r.ID, r.Error)
		case r.ID != 0:
			answered++
		}
	}
	return c
}

// next reads the next reply or push.
func (c *client) next() reply {
	c.t.Helper()
	if len(c.lines) == 0 {
		_, message, err := c.conn.ReadMessage()
		if err != nil {
			c.t.Fatal(err)
		}
		c.lines = bytes.Split(bytes.TrimSpace(message), []byte("\n"))
	}
	var r reply
	if err := json.Unmarshal(c.lines[0], &r); err != nil {
		c.t.Fatalf("%v in %q", err, c.lines[0])
	}
	c.lines = c.lines[1:]
	return r
}

// record reads the next record, which must be that of its channel.
func (c *client) record() peertest.Record {
	c.t.Helper()
	push := c.next().Push
	peertest.CheckRecord(c.t, push.Pub.Data)
	if push.Channel != push.Pub.Data.Symbol {
		c.t.Fatalf("a record of %s in the channel %s", push.Pub.Data.Symbol, push.Channel)
	}
	return push.Pub.Data
}

func TestRecordsComeInTheChannelOfTheirSymbolAndRise(t *testing.T) {
	t.Parallel()
	for name, build := range map[string]func(peer.Config) *Server{"every update": New, "the newest": Conflated} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, _ := peertest.Start(t, build(peertest.Config(t, 200, 10_000)))
			c := subscribe(t, url, "SYM0001", "SYM0003")
			last := make(map[string]uint64)
			for range 50 {
				r := c.record()
				if r.Seq <= last[r.Symbol] {
					t.Fatalf("%s goes from %d to %d", r.Symbol, last[r.Symbol], r.Seq)
				}
				last[r.Symbol] = r.Seq
			}
			if len(last) != 2 {
				t.Errorf("records of %v", last)
			}
		})
	}
}

func TestOnlyTheConflatedOneLeavesUpdatesOut(t *testing.T) {
	t.Parallel()
	for name, build := range map[string]func(peer.Config) *Server{"every update": New, "the newest": Conflated} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			// With one symbol every update is its own; three in ten are trades, which
			// change no wanted field.
			url, _ := peertest.Start(t, build(peertest.Config(t, 1, 5000)))
			c := subscribe(t, url, "SYM0001")
			const records = 50
			first := c.record().Seq
			var last uint64
			for range records {
				last = c.record().Seq
			}
			if conflates := last-first > 4*records; conflates != (name == "the newest") {
				t.Errorf("%d records stand for %d updates", records, last-first)
			}
		})
	}
}

func TestClientMayHaveAsManyChannelsAsThereAreSymbols(t *testing.T) {
	t.Parallel()
	s := Conflated(peertest.Config(t, 300, 1000))
	url, _ := peertest.Start(t, s)
	channels := make([]string, 300)
	for i := range channels {
		channels[i] = s.Market.Symbol(i)
	}
	c := subscribe(t, url, channels...)
	c.record()
}

func TestClientsAreCounted(t *testing.T) {
	t.Parallel()
	s := New(peertest.Config(t, 5, 1000))
	url, _ := peertest.Start(t, s)
	a := subscribe(t, url, "SYM0001")
	subscribe(t, url, "SYM0002")
	peertest.Await(t, "two clients", func() bool { return s.Counts().Clients == 2 })
	_ = a.conn.Close()
	peertest.Await(t, "one client", func() bool { return s.Counts().Clients == 1 })
}

func TestClientThatDoesNotReadIsCutOff(t *testing.T) {
	t.Parallel()
	s := New(peertest.Config(t, 1, 50_000))
	url, _ := peertest.Start(t, s)
	subscribe(t, url, "SYM0001")
	peertest.Await(t, "a client that is dropped", func() bool { return s.Counts() == peer.Counts{Dropped: 1} })
}
