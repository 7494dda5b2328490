package nats_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	natsgo "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"ticker/internal/natstest"
	"ticker/relay"
	"ticker/relay/nats"
)

// join returns an engine that runs until the test ends, and is connected.
func join(tb testing.TB, url string) *nats.Engine {
	tb.Helper()
	cfg, err := nats.ParseURL(url)
	if err != nil {
		tb.Fatal(err)
	}
	e, err := nats.New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = e.Run(ctx) })
	tb.Cleanup(func() {
		cancel()
		running.Wait()
	})
	await(tb, e.Connected)
	return e
}

func await(tb testing.TB, holds func() bool) {
	tb.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for end := time.Now().Add(time.Minute); !holds(); <-tick.C {
		if time.Now().After(end) {
			tb.Fatal("waited in vain")
		}
	}
}

// open returns JetStream of a server as an operator sees it.
func open(t *testing.T, url string) jetstream.JetStream {
	t.Helper()
	conn, err := natsgo.Connect(url, natsgo.NoReconnect())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

func TestAServerWithoutJetStreamIsNamedAsTheReason(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{
		Config: "accounts { A { users: [ { user: u, password: p } ] } }",
	})
	e := join(t, server.URL()+"?user=u&password=p")
	_, loading := e.Load(t.Context(), 1)
	_, acquiring := e.Acquire(t.Context(), "h", 0, time.Second)
	for what, err := range map[string]error{
		"send": e.Send(t.Context(), []relay.Message{{Channel: 1}}), "keep": e.Keep(t.Context(), 1, nil),
		"load": loading, "acquire": acquiring, "release": e.Release(t.Context(), "h", 1),
		"again": e.Again(t.Context(), 1, time.Time{}, func([]byte) {}),
	} {
		if err == nil || !strings.Contains(err.Error(), "needs JetStream") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func TestTheLeaderBringsStreamsToTheirConfiguration(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{})
	send := func(e *nats.Engine) {
		if err := e.Send(t.Context(), []relay.Message{{Channel: 1, Body: []byte("m")}}); err != nil {
			t.Error(err)
		}
	}
	limit := func() int64 {
		stream, err := open(t, server.URL()).Stream(t.Context(), "p_backlog")
		if err != nil {
			t.Fatal(err)
		}
		return stream.CachedInfo().Config.MaxBytes
	}
	send(join(t, server.URL()+"?prefix=p&backlog=2097152"))
	if got := limit(); got != 2<<20 {
		t.Errorf("the backlog is of %d bytes, want 2 MiB", got)
	}
	follower := join(t, server.URL()+"?prefix=p&backlog=8388608")
	if _, err := follower.Load(t.Context(), 1); err == nil {
		t.Error("there is a snapshot")
	}
	if got := limit(); got != 2<<20 {
		t.Errorf("a follower changed the backlog to %d bytes", got)
	}
	send(follower)
	if got := limit(); got != 8<<20 {
		t.Errorf("the backlog of a new leader is of %d bytes, want 8 MiB", got)
	}
}

func TestAStreamThatCannotBeChangedIsNamed(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{})
	_, err := open(t, server.URL()).CreateStream(t.Context(), jetstream.StreamConfig{
		Name: "ticker_kept", Subjects: []string{"ticker.kept.*"}, Storage: jetstream.MemoryStorage,
	})
	if err != nil {
		t.Fatal(err)
	}
	err = join(t, server.URL()).Keep(t.Context(), 1, []byte("s"))
	if err == nil || !strings.Contains(err.Error(), `stream "ticker_kept"`) {
		t.Errorf("error %v, want one that names the stream", err)
	}
}

func TestTheBacklogStaysWithinItsBytes(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{})
	e := join(t, server.URL()+"?backlog=1048576")
	var told []byte
	for i := range 100 {
		body := make([]byte, 100_000)
		body[0] = byte(i)
		if err := e.Send(t.Context(), []relay.Message{{Channel: 3, Body: body}}); err != nil {
			t.Fatal(err)
		}
	}
	await(t, func() bool {
		told = told[:0]
		if err := e.Again(t.Context(), 3, time.Time{}, func(body []byte) { told = append(told, body[0]) }); err != nil {
			t.Fatal(err)
		}
		return len(told) > 0 && told[len(told)-1] == 99
	})
	if len(told) > 10 || told[0] != byte(100-len(told)) {
		t.Errorf("told %v of 100 messages, want the newest, up to 1 MiB", told)
	}
}
