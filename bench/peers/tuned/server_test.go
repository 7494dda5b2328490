package tuned

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"ticker/bench/peers/peer"
	"ticker/bench/peers/peer/peertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTunedSendsRisingRecordsOfWhatWasSubscribed(t *testing.T) {
	t.Parallel()
	s := New(peertest.Config(t, 20, 1000))
	url, _ := peertest.Start(t, s)
	// At this rate few of the symbols change in an interval.
	last := peertest.Subscribe(t, url, 0, "SYM0003", "SYM0001", "NOBODY").CheckRising(20)
	if len(last) != 2 || last["SYM0001"] == 0 || last["SYM0003"] == 0 {
		t.Errorf("records of %v", last)
	}
}

func TestClientThatDoesNotReadIsDroppedAndTheOthersGoOn(t *testing.T) {
	t.Parallel()
	s := New(peertest.Config(t, 2000, 100_000))
	url, _ := peertest.Start(t, s)
	peertest.Subscribe(t, url, 0, "*")
	reader := peertest.Subscribe(t, url, 0, "SYM0001", "SYM0002")
	peertest.Await(t, "a client that is dropped", func() bool {
		reader.Next()
		return s.Counts() == peer.Counts{Clients: 1, Dropped: 1}
	})
	reader.CheckRising(5)
}

func TestPingIsAnsweredBetweenFrames(t *testing.T) {
	t.Parallel()
	url, _ := peertest.Start(t, New(peertest.Config(t, 20, 10_000)))
	c := peertest.Subscribe(t, url, 0, "*")
	answered := ""
	c.Conn.SetPongHandler(func(text string) error {
		answered = text
		return nil
	})
	if err := c.Conn.WriteMessage(websocket.PingMessage, []byte("here")); err != nil {
		t.Fatal(err)
	}
	peertest.Await(t, "a pong", func() bool {
		c.Next()
		return answered == "here"
	})
}

func TestClientsThatLeaveAreNotCounted(t *testing.T) {
	t.Parallel()
	s := New(peertest.Config(t, 5, 1000))
	url, stop := peertest.Start(t, s)
	// Nothing is ever written to it, which could tell that it is gone.
	c := peertest.Subscribe(t, url, 0, "NOBODY")
	peertest.Subscribe(t, url, 0, "SYM0001")
	peertest.Dial(t, url, 0)
	peertest.Await(t, "three clients", func() bool { return s.Counts().Clients == 3 })
	_ = c.Conn.Close()
	peertest.Await(t, "two clients", func() bool { return s.Counts().Clients == 2 })
	if n := members(s); n != 1 {
		t.Errorf("%d sessions are left", n)
	}
	stop()
	if diff := cmp.Diff(peer.Counts{}, s.Counts()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

// members counts the sessions of all groups.
func members(s *Server) int {
	n := 0
	for phase := range s.Plan.Phases {
		s.sessions.Visit(phase, func(*session) bool {
			n++
			return true
		})
	}
	return n
}

func TestFirstMessageMustBeASubscribe(t *testing.T) {
	t.Parallel()
	url, _ := peertest.Start(t, New(peertest.Config(t, 5, 1000)))
	conn := peertest.Dial(t, url, 0)
	if err := conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"ping","id":"1"}`)); err != nil {
		t.Fatal(err)
	}
	if _, message, err := conn.ReadMessage(); err == nil {
		t.Errorf("it was answered: %s", message)
	}
}
