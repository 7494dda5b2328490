package hub

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"
	"go.uber.org/goleak"

	"ticker/bench/peers/peer"
	"ticker/bench/peers/peer/peertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestHubSendsEveryUpdateInAFrameOfItsOwn(t *testing.T) {
	t.Parallel()
	url, _ := peertest.Start(t, New(peertest.Config(t, 1, 2000)))
	c := peertest.Subscribe(t, url, 0, "SYM0001")
	const records = 100
	first := c.Next().Quotes[0].Seq
	last := first
	for range records {
		e := c.Next()
		if len(e.Quotes) != 1 || e.Quotes[0].Seq <= last {
			t.Fatalf("after %d: %+v", last, e)
		}
		last = e.Quotes[0].Seq
	}
	// Three updates in ten are trades, which change no wanted field.
	if last-first > 2*records {
		t.Errorf("%d records stand for %d updates", records, last-first)
	}
}

func TestHubSendsWhatWasSubscribed(t *testing.T) {
	t.Parallel()
	url, _ := peertest.Start(t, New(peertest.Config(t, 20, 10_000)))
	last := peertest.Subscribe(t, url, 0, "SYM0001", "SYM0003", "NOBODY").CheckRising(50)
	if len(last) != 2 || last["SYM0001"] == 0 || last["SYM0003"] == 0 {
		t.Errorf("records of %v", last)
	}
}

func TestClientThatDoesNotReadIsDroppedAndTheOthersGoOn(t *testing.T) {
	t.Parallel()
	s := New(peertest.Config(t, 2, 20_000))
	url, _ := peertest.Start(t, s)
	peertest.Subscribe(t, url, 4096, "SYM0001")
	reader := peertest.Subscribe(t, url, 0, "SYM0002")
	peertest.Await(t, "a client that is dropped", func() bool {
		reader.Next()
		return s.Counts() == peer.Counts{Clients: 1, Dropped: 1}
	})
	reader.CheckRising(5)
}

func TestClientsThatLeaveAreNotCounted(t *testing.T) {
	t.Parallel()
	s := New(peertest.Config(t, 5, 1000))
	url, stop := peertest.Start(t, s)
	c := peertest.Subscribe(t, url, 0, "*")
	peertest.Subscribe(t, url, 0, "SYM0001")
	peertest.Dial(t, url, 0)
	peertest.Await(t, "two clients", func() bool { return s.Counts().Clients == 2 })
	_ = c.Conn.Close()
	peertest.Await(t, "one client", func() bool { return s.Counts().Clients == 1 })
	stop()
	if diff := cmp.Diff(peer.Counts{}, s.Counts()); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
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
