package nats

import (
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"go.uber.org/goleak"

	"ticker/bench/peers/peer"
	"ticker/bench/peers/peer/peertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const patience = 30 * time.Second

func connect(t *testing.T, url string) *nats.Conn {
	t.Helper()
	conn, err := nats.Connect(url, nats.NoReconnect())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

func subscribe(t *testing.T, conn *nats.Conn, subject string) *nats.Subscription {
	t.Helper()
	sub, err := conn.SubscribeSync(subject)
	if err != nil {
		t.Fatal(err)
	}
	return sub
}

// record reads the next record, which must be that of its subject.
func record(t *testing.T, sub *nats.Subscription) peertest.Record {
	t.Helper()
	message, err := sub.NextMsg(patience)
	if err != nil {
		t.Fatal(err)
	}
	r := peertest.Decode(t, message.Data)
	if r.Symbol != message.Subject {
		t.Fatalf("a record of %s on the subject %s", r.Symbol, message.Subject)
	}
	return r
}

func TestRecordsComeOnTheSubjectOfTheirSymbolAndRise(t *testing.T) {
	t.Parallel()
	for name, build := range map[string]func(peer.Config) *Server{"every update": New, "the newest": Conflated} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, _ := peertest.Start(t, build(peertest.Config(t, 200, 10_000)))
			conn := connect(t, url)
			for _, sub := range []*nats.Subscription{subscribe(t, conn, "SYM0001"), subscribe(t, conn, "SYM0003")} {
				var last uint64
				for range 20 {
					r := record(t, sub)
					if r.Seq <= last {
						t.Fatalf("%s goes from %d to %d", r.Symbol, last, r.Seq)
					}
					last = r.Seq
				}
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
			sub := subscribe(t, connect(t, url), "SYM0001")
			const records = 50
			first := record(t, sub).Seq
			var last uint64
			for range records {
				last = record(t, sub).Seq
			}
			if conflates := last-first > 4*records; conflates != (name == "the newest") {
				t.Errorf("%d records stand for %d updates", records, last-first)
			}
		})
	}
}

func TestStarStandsForEverySymbol(t *testing.T) {
	t.Parallel()
	url, _ := peertest.Start(t, Conflated(peertest.Config(t, 50, 10_000)))
	sub := subscribe(t, connect(t, url), "*")
	seen := make(map[string]bool)
	peertest.Await(t, "a record of every symbol", func() bool {
		seen[record(t, sub).Symbol] = true
		return len(seen) == 50
	})
}

func TestClientsAreCountedButForThePublisher(t *testing.T) {
	t.Parallel()
	s := New(peertest.Config(t, 5, 1000))
	if got := s.Counts(); got != (peer.Counts{}) {
		t.Errorf("%+v before it runs", got)
	}
	url, _ := peertest.Start(t, s)
	a := connect(t, url)
	connect(t, url)
	peertest.Await(t, "two clients", func() bool { return s.Counts() == peer.Counts{Clients: 2} })
	a.Close()
	peertest.Await(t, "one client", func() bool { return s.Counts() == peer.Counts{Clients: 1} })
}

func TestListenAddressIsChecked(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:99999"} {
		cfg := peertest.Config(t, 1, 1)
		cfg.Listen = address
		if err := New(cfg).Run(t.Context(), func(string) {}); err == nil {
			t.Errorf("%q was taken", address)
		}
	}
}
