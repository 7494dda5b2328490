package nats_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	natsclient "github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"

	"ticker/book"
	"ticker/fanout"
	"ticker/internal/natsconn"
	"ticker/internal/natstest"
	"ticker/market"
	"ticker/publish"
	"ticker/publish/nats"
)

type access = natsconn.Access

func newSink(t *testing.T, cfg nats.Config) *nats.Sink {
	t.Helper()
	s, err := nats.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func config(s *natstest.Server) nats.Config {
	return nats.Config{Access: access{URLs: []string{s.URL()}}}
}

// records makes one record for each symbol, with a number in it.
func records(n int, symbols ...market.Symbol) []publish.Record {
	var list []publish.Record
	for _, s := range symbols {
		list = append(list, publish.Record{Symbol: s, JSON: fmt.Appendf(nil, `{"symbol":%q,"seq":%d}`, s, n)})
	}
	return list
}

func send(t *testing.T, s *nats.Sink, list []publish.Record) {
	t.Helper()
	if err := s.Send(t.Context(), list); err != nil {
		t.Fatal(err)
	}
}

// listener hears everything that is published.
type listener struct {
	t   *testing.T
	sub *natsclient.Subscription
}

func listen(t *testing.T, s *natstest.Server) *listener {
	t.Helper()
	conn, err := natsclient.Connect(s.URL(), natsclient.NoReconnect())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	sub, err := conn.SubscribeSync(">")
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
	return &listener{t, sub}
}

// hear returns the next n messages, as subject and payload.
func (l *listener) hear(n int) []string {
	l.t.Helper()
	var heard []string
	for range n {
		msg, err := l.sub.NextMsg(time.Minute)
		if err != nil {
			l.t.Fatal(err)
		}
		heard = append(heard, msg.Subject+" "+string(msg.Data))
	}
	return heard
}

func TestOptionsSayWhereToPublish(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]nats.Config{
		"url=nats://a": {Access: access{URLs: []string{"nats://a"}}, Subject: "quotes.{symbol}"},
		"url=nats://a,tls://b&subject=x.{symbol}.y&stream=true&token=t": {
			Access: access{URLs: []string{"nats://a", "tls://b"}, Token: "t"}, Subject: "x.{symbol}.y", Stream: true,
		},
	} {
		options, err := url.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := nats.ParseOptions(options)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", text, err, diff)
		}
	}
}

func TestAConfigurationThatCannotWorkIsRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                       "url is missing",
		"url=http://a":                           "url has an entry that is none",
		"url=nats://a&subject=q.>":               `subject "q.>"`,
		"url=nats://a&subject=q.*":               `subject "q.*"`,
		"url=nats://a&subject=q..{symbol}":       `subject "q..{symbol}"`,
		"url=nats://a&stream=Q":                  `stream "Q": want true or false`,
		"url=nats://a&queue=q":                   `unknown option "queue"`,
		"url=nats://a&password=p":                "user goes with password",
		"url=nats://a&creds=/no/such":            `creds "/no/such"`,
		"url=nats://a&user=u&password=p&token=t": "want one of them",
	} {
		options, err := url.ParseQuery(text)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := nats.ParseOptions(options); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q in it", text, err, want)
		}
	}
	if _, err := nats.New(nats.Config{}); err == nil {
		t.Error("New takes an empty configuration")
	}
}

func TestEachSymbolHasASubjectOfItsOwn(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t, natstest.Options{})
	l := listen(t, s)
	cfg := config(s)
	cfg.Subject = "q.{symbol}.x"
	sink := newSink(t, cfg)
	send(t, sink, records(1, "AAPL", "BRK.B", "BRK", "BTC/USD", "A:B-C_D"))
	want := []string{
		`q.AAPL.x {"symbol":"AAPL","seq":1}`, `q.BRK%2EB.x {"symbol":"BRK.B","seq":1}`, `q.BRK.x {"symbol":"BRK","seq":1}`,
		`q.BTC/USD.x {"symbol":"BTC/USD","seq":1}`, `q.A:B-C_D.x {"symbol":"A:B-C_D","seq":1}`,
	}
	if diff := cmp.Diff(want, l.hear(len(want))); diff != "" {
		t.Errorf("heard (-want +got):\n%s", diff)
	}
}

func TestAServerThatWasAwayGetsTheNextSend(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t, natstest.Options{})
	sink := newSink(t, config(s))
	send(t, sink, records(1, "A"))
	s.Kill(t)
	for range 2 { // the first was connected, or knows already
		if err := sink.Send(t.Context(), records(2, "A")); err == nil {
			t.Error("nobody took it, and there is no error")
		}
	}
	if err := sink.Send(t.Context(), records(2, "A")); err == nil || !strings.Contains(err.Error(), "connection refused") {
		t.Errorf("Send: %v", err)
	}
	s.Restart(t)
	l := listen(t, s)
	send(t, sink, records(3, "A"))
	if got, want := l.hear(1)[0], `quotes.A {"symbol":"A","seq":3}`; got != want {
		t.Errorf("heard %s, want %s", got, want)
	}
}

func TestAServerThatStandsStillTakesNoMoreThanTheTimeOfASend(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t, natstest.Options{})
	sink := newSink(t, config(s))
	send(t, sink, records(1, "A"))
	s.Pause(t)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := sink.Send(ctx, records(2, "A")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Send: %v", err)
	}
	s.Resume(t)
	send(t, sink, records(3, "A"))
}

func TestWhatIsForbiddenIsAnError(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t, natstest.Options{Config: `authorization { users: [
		{ user: ann, password: right, permissions: { publish: "other.>" } } ] }`})
	cfg := config(s)
	cfg.User, cfg.Password = "ann", "wrong"
	if err := newSink(t, cfg).Send(t.Context(), records(1, "A")); err == nil || !strings.Contains(err.Error(), "Authorization Violation") {
		t.Errorf("wrong password: %v", err)
	}
	cfg.Password = "right"
	if err := newSink(t, cfg).Send(t.Context(), records(1, "A")); !errors.Is(err, natsclient.ErrPermissionViolation) {
		t.Errorf("forbidden subject: %v", err)
	}
	cfg.Subject = "other.{symbol}"
	send(t, newSink(t, cfg), records(1, "A"))
}

// streams returns what handles the streams of a server.
func streams(t *testing.T, s *natstest.Server) jetstream.JetStream {
	t.Helper()
	conn, err := natsclient.Connect(s.URL(), natsclient.NoReconnect())
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

func TestAStreamHasAcknowledgedWhatWasSent(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t, natstest.Options{})
	cfg := config(s)
	cfg.Stream = true
	sink := newSink(t, cfg)
	if err := sink.Send(t.Context(), records(1, "A")); err == nil || !strings.Contains(err.Error(), `subject "quotes.A"`) {
		t.Errorf("Send without a stream: %v", err)
	}
	js := streams(t, s)
	stream, err := js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "Q", Subjects: []string{"quotes.>"}})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 10 {
		send(t, sink, records(n, "A", "B", "C"))
		info, err := stream.Info(t.Context())
		if err != nil || info.State.Msgs != uint64(3*(n+1)) {
			t.Fatalf("after %d Sends: %+v, %v", n+1, info.State, err)
		}
	}
	many := make([]market.Symbol, 1000) // as many as a Publisher hands over
	for i := range many {
		many[i] = market.Symbol(fmt.Sprintf("S%d", i))
	}
	send(t, sink, records(1, many...))
	s.Kill(t)
	if err := sink.Send(t.Context(), records(10, "A")); err == nil {
		t.Error("nobody took it, and there is no error")
	}
	s.Restart(t)
	send(t, sink, records(11, "A"))
	stream, err = streams(t, s).Stream(t.Context(), "Q")
	if err != nil {
		t.Fatal(err)
	}
	msg, err := stream.GetLastMsgForSubject(t.Context(), "quotes.A")
	if err != nil || string(msg.Data) != `{"symbol":"A","seq":11}` || msg.Sequence != 1031 {
		t.Errorf("the stream ends with %+v, %v", msg, err)
	}
}

func TestTheStreamEndsWithWhatTheBookHolds(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t, natstest.Options{})
	_, err := streams(t, s).CreateStream(t.Context(), jetstream.StreamConfig{Name: "Q", Subjects: []string{"quotes.>"}})
	if err != nil {
		t.Fatal(err)
	}
	cfg := config(s)
	cfg.Stream = true
	bk := book.New(book.Config{Encode: fanout.Encode})
	p, err := publish.New(publish.Config{Name: "nats", Book: bk, Sink: newSink(t, cfg), Interval: time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var publishing errgroup.Group
	publishing.Go(func() error { return p.Run(ctx) })
	symbols := []market.Symbol{"A", "B", "C", "D"}
	for n := range int64(5000) {
		u := market.Update{Symbol: symbols[n%4]}
		u.Put(market.Bid, market.NewDecimal(n, 0))
		bk.Apply(&u)
		switch n {
		case 1000:
			s.Kill(t)
		case 3000:
			s.Restart(t)
		}
	}
	stream, err := streams(t, s).Stream(t.Context(), "Q")
	if err != nil {
		t.Fatal(err)
	}
	for i, symbol := range symbols {
		await(t, stream, "quotes."+string(symbol), fmt.Sprintf(`"seq":1250,"bid":%d,`, 4996+i))
	}
	cancel()
	if err := publishing.Wait(); err != nil {
		t.Error(err)
	}
}

// await waits until the newest message of a subject has a text in it.
func await(t *testing.T, stream jetstream.Stream, subject, want string) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		msg, err := stream.GetLastMsgForSubject(t.Context(), subject)
		if err == nil && strings.Contains(string(msg.Data), want) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s ends with %+v, want %s in it: %v", subject, msg, want, err)
		}
	}
}
