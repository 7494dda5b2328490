package redis_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	goredis "github.com/redis/go-redis/v9"

	"ticker/internal/redistest"
	"ticker/market"
	"ticker/publish"
	"ticker/publish/redis"
)

// patience bounds every wait. Only failures wait it out.
const patience = 60 * time.Second

// sinkOf returns a sink that the test closes.
func sinkOf(t *testing.T, cfg redis.Config) *redis.Sink {
	t.Helper()
	sink, err := redis.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(sink.Close)
	return sink
}

func connect(t *testing.T, url string) *goredis.Client {
	t.Helper()
	options, err := goredis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	client := goredis.NewClient(options)
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	return client
}

// records returns the records of some symbols at a seq.
func records(seq int, symbols ...string) []publish.Record {
	var all []publish.Record
	for _, s := range symbols {
		all = append(all, publish.Record{
			Symbol: market.Symbol(s), JSON: fmt.Appendf(nil, `{"symbol":%q,"seq":%d}`, s, seq),
		})
	}
	return all
}

func send(t *testing.T, sink *redis.Sink, records []publish.Record) {
	t.Helper()
	if err := sink.Send(t.Context(), records); err != nil {
		t.Fatal(err)
	}
}

// entries returns the entries of a stream.
func entries(t *testing.T, client *goredis.Client, stream string) []string {
	t.Helper()
	all, err := client.XRange(t.Context(), stream, "-", "+").Result()
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, e := range all {
		if len(e.Values) != 1 {
			t.Errorf("entry %s has the fields %v", e.ID, e.Values)
		}
		texts = append(texts, fmt.Sprint(e.Values["quote"]))
	}
	return texts
}

func TestRecordsGoToChannelStreamAndHash(t *testing.T) {
	t.Parallel()
	client := connect(t, shared.Server(t).URL())
	name := unique(t)
	stream, hash := name+".stream", name+".hash"
	listener := client.PSubscribe(t.Context(), name+".channel.*")
	t.Cleanup(func() { _ = listener.Close() })
	if m, err := listener.ReceiveTimeout(t.Context(), patience); err != nil {
		t.Fatal(m, err)
	}
	sink := sinkOf(t, redis.Config{
		URL: shared.Server(t).URL(), Channel: name + ".channel.{symbol}", Stream: stream, Hash: hash,
	})
	send(t, sink, records(1, "A", "BTC/USD"))
	send(t, sink, records(2, "A"))
	send(t, sink, nil)

	want := []string{`{"symbol":"A","seq":1}`, `{"symbol":"BTC/USD","seq":1}`, `{"symbol":"A","seq":2}`}
	if diff := cmp.Diff(want, entries(t, client, stream)); diff != "" {
		t.Errorf("entries of the stream (-want +got):\n%s", diff)
	}
	for i, channel := range []string{"A", "BTC/USD", "A"} {
		got, err := listener.ReceiveTimeout(t.Context(), patience)
		if err != nil {
			t.Fatal(err)
		}
		m, ok := got.(*goredis.Message)
		if !ok || m.Payload != want[i] || m.Channel != name+".channel."+channel {
			t.Errorf("message %d is %v", i, got)
		}
	}
	last, err := client.HGetAll(t.Context(), hash).Result()
	if diff := cmp.Diff(map[string]string{"A": want[2], "BTC/USD": want[1]}, last); diff != "" || err != nil {
		t.Errorf("the hash (-want +got), %v:\n%s", err, diff)
	}
}

func TestAStreamIsKeptShort(t *testing.T) {
	t.Parallel()
	client := connect(t, shared.Server(t).URL())
	stream := unique(t)
	sink := sinkOf(t, redis.Config{URL: shared.Server(t).URL(), Stream: stream, MaxLen: 100})
	var symbols []string
	for n := range 1000 {
		symbols = append(symbols, fmt.Sprint("S", n))
	}
	send(t, sink, records(1, symbols...))
	// Redis removes whole nodes of 100 entries.
	if n := client.XLen(t.Context(), stream).Val(); n < 100 || n > 300 {
		t.Errorf("the stream has %d entries", n)
	}
}

func TestARefusedCommandFailsTheSend(t *testing.T) {
	t.Parallel()
	client := connect(t, shared.Server(t).URL())
	key := unique(t)
	if err := client.Set(t.Context(), key, "x", 0).Err(); err != nil {
		t.Fatal(err)
	}
	sink := sinkOf(t, redis.Config{URL: shared.Server(t).URL(), Channel: "c", Hash: key})
	if err := sink.Send(t.Context(), records(1, "A")); err == nil || !strings.Contains(err.Error(), "send to redis: WRONGTYPE") {
		t.Errorf("Send: %v", err)
	}
	if err := client.Del(t.Context(), key).Err(); err != nil {
		t.Fatal(err)
	}
	send(t, sink, records(2, "A"))
}

func TestASendAfterAnOutageConnectsAgain(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.Options{Persist: true})
	sink := sinkOf(t, redis.Config{URL: server.URL(), Stream: "quotes"})
	send(t, sink, records(1, "A"))
	server.Kill(t)
	for range 2 {
		if err := sink.Send(t.Context(), records(2, "A")); err == nil {
			t.Error("a server that is dead has taken records")
		}
	}
	server.Restart(t)
	send(t, sink, records(3, "A"))
	want := []string{`{"symbol":"A","seq":1}`, `{"symbol":"A","seq":3}`}
	if diff := cmp.Diff(want, entries(t, connect(t, server.URL()), "quotes")); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

// What a failed Send left on its way must not arrive behind what was sent since.
func TestARecordNeverComesAfterANewerOne(t *testing.T) {
	t.Parallel()
	server := shared.Server(t)
	road := newRoad(t, server.Addr())
	stream := unique(t)
	sink := sinkOf(t, redis.Config{URL: "redis://" + road.listener.Addr().String(), Stream: stream})
	send(t, sink, records(1, "A"))
	road.closed.Store(true)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := sink.Send(ctx, records(2, "A")); err == nil {
		t.Error("records have arrived on a closed road")
	}
	road.closed.Store(false)
	send(t, sink, records(3, "A"))
	road.deliver()
	want := []string{`{"symbol":"A","seq":1}`, `{"symbol":"A","seq":3}`}
	if diff := cmp.Diff(want, entries(t, connect(t, server.URL()), stream)); diff != "" {
		t.Errorf("entries (-want +got):\n%s", diff)
	}
}

func TestWithoutThePermissionTheOrderIsDoubted(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.Options{})
	client := connect(t, server.URL())
	rules := []any{"acl", "setuser", "writer", "on", ">sesame", "~*", "&*", "+@all", "-client|kill"}
	if err := client.Do(t.Context(), rules...).Err(); err != nil {
		t.Fatal(err)
	}
	var logged bytes.Buffer
	sink := sinkOf(t, redis.Config{
		URL: server.URL(), User: "writer", Password: "sesame", Stream: "quotes", Logger: slog.New(slog.NewTextHandler(&logged, nil)),
	})
	send(t, sink, records(1, "A"))
	sink.Close()
	send(t, sink, records(2, "A"))
	if !strings.Contains(logged.String(), "records may be out of order") {
		t.Errorf("the log says %q", logged.String())
	}
}

func TestSendEndsWithItsContext(t *testing.T) {
	t.Parallel()
	silent, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	sink := sinkOf(t, redis.Config{URL: "redis://" + silent.Addr().String(), Hash: "h"})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- sink.Send(ctx, records(1, "A")) }()
	conn, err := silent.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		t.Error(err)
	}
	cancel()
	select {
	case err := <-done:
		if !errors.Is(err, context.Canceled) {
			t.Errorf("Send: %v", err)
		}
	case <-time.After(3 * time.Second): // less than an answer may take
		t.Fatal("Send goes on")
	}
}

func TestAConnectionThatIsRefusedSaysWhyAndShowsNoPassword(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.Options{Password: "open sesame"})
	at := "redis://" + server.Addr()
	for name, c := range map[string]struct {
		cfg  redis.Config
		want string
	}{
		"password": {redis.Config{URL: at, Password: "sesame street"}, "WRONGPASS"},
		"none":     {redis.Config{URL: at}, "NOAUTH"},
		"database": {redis.Config{URL: server.URL() + "/99"}, "DB index is out of range"},
		"port":     {redis.Config{URL: "redis://127.0.0.1:1"}, "connection refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c.cfg.Hash = "h"
			err := sinkOf(t, c.cfg).Send(t.Context(), records(1, "A"))
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "sesame") {
				t.Errorf("Send: %v, want %q and no password", err, c.want)
			}
		})
	}
}

// unique returns a name that no other run of the test has used.
func unique(t testing.TB) string {
	t.Helper()
	return t.Name() + "." + rand.Text()
}

// Watches a round of a publisher, a thousand records on one connection: it goes up if
// records are sent one by one.
func BenchmarkSend(b *testing.B) {
	var symbols []string
	for n := range 1000 {
		symbols = append(symbols, fmt.Sprint("S", n))
	}
	round := records(1, symbols...)
	for name, cfg := range map[string]redis.Config{
		"channel": {Channel: "quotes.{symbol}"}, "stream": {Stream: "quotes"}, "hash": {Hash: "last"},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			cfg.URL = shared.Server(b).URL()
			sink, err := redis.New(cfg)
			if err != nil {
				b.Fatal(err)
			}
			defer sink.Close()
			for b.Loop() {
				if err := sink.Send(b.Context(), round); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
