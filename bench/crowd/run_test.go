package crowd

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/bench"
	"ticker/book"
	"ticker/client/clienttest"
	"ticker/fanout"
	"ticker/market"
	"ticker/server"
	"ticker/throttle"
)

// process is a crowd that is given orders as the runner gives them.
type process struct {
	t       *testing.T
	orders  *json.Encoder
	replies *json.Decoder
	in      io.Closer
	ended   chan error
}

func start(ctx context.Context, t *testing.T) *process {
	t.Helper()
	in, orders := io.Pipe()
	replies, out := io.Pipe()
	p := &process{t: t, orders: json.NewEncoder(orders), replies: json.NewDecoder(replies), in: orders, ended: make(chan error, 1)}
	go func() {
		err := Run(ctx, in, out)
		_, _ = in.Close(), out.Close()
		p.ended <- err
	}()
	return p
}

func (p *process) ask(order bench.Order) *bench.Reply {
	p.t.Helper()
	if err := p.orders.Encode(order); err != nil {
		p.t.Fatal(err)
	}
	reply := new(bench.Reply)
	if err := p.replies.Decode(reply); err != nil {
		p.t.Fatal(err)
	}
	return reply
}

func (p *process) measure(length time.Duration) *bench.Tally {
	p.t.Helper()
	return p.ask(bench.Order{Measure: (*bench.Duration)(&length)}).Tally
}

// end ends the input and expects Run to return without an error.
func (p *process) end() {
	p.t.Helper()
	_ = p.in.Close()
	if err := <-p.ended; err != nil {
		p.t.Error(err)
	}
}

// startService runs a book, a hub and a server on a real socket until the test
// ends, with quotes as fast as they are taken.
func startService(t *testing.T, symbols int) (url string) {
	t.Helper()
	registry, log := prometheus.NewRegistry(), slog.New(slog.DiscardHandler)
	intervals := throttle.Intervals{Default: 100 * ms, Min: 20 * ms, Max: time.Minute}
	quotes := book.New(book.Config{Encode: fanout.Encode})
	hub, err := fanout.New(fanout.Config{
		Book: quotes, Intervals: intervals, Heartbeat: time.Second, MaxSymbols: 1000, Logger: log, Registerer: registry,
	})
	if err != nil {
		t.Fatal(err)
	}
	srv, err := server.New(server.Config{
		Book: quotes, Hub: hub, Intervals: intervals, Heartbeat: time.Second, Logger: log, Registry: registry,
	})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	running.Go(func() { _ = hub.Run(ctx) })
	running.Go(func() { _ = srv.Serve(ctx, ln) })
	running.Go(func() { trade(ctx, quotes, symbols) })
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
	return "ws://" + ln.Addr().String() + "/v1/ws"
}

// trade changes one symbol after the other, each ten times a second.
func trade(ctx context.Context, quotes *book.Book, symbols int) {
	tick := time.NewTicker(100 * ms / time.Duration(symbols))
	defer tick.Stop()
	source := quotes.Source("sim")
	for i := 0; ctx.Err() == nil; i++ {
		u := market.Update{Symbol: market.Symbol(bench.SymbolName(i % symbols)), Source: source, TS: time.Now().UnixMicro()}
		for f := market.Bid; f <= market.AskSize; f++ {
			u.Put(f, market.NewDecimal(int64(10_000+i%100), 2))
		}
		quotes.Apply(&u)
		<-tick.C
	}
}

func TestCrowdMeasuresTheRealService(t *testing.T) {
	t.Parallel()
	const clients, symbols = 120, 10
	url := startService(t, symbols)
	for name, change := range map[string]func(*bench.Load){
		"json":    func(*bench.Load) {},
		"msgpack": func(l *bench.Load) { l.MsgPack = true },
		"delta":   func(l *bench.Load) { l.Delta = true },
		"pattern": func(l *bench.Load) { l.Subscriptions = 0 },
		"slow":    func(l *bench.Load) { l.Slow, l.ReadRate, l.ReadBuffer = 20, 20_000, 8<<10 },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := job(bench.Ticker, url, clients)
			change(&j.Load)
			p := start(t.Context(), t)
			if reply := p.ask(bench.Order{Connect: j}); reply.Connected != clients || reply.Faults != nil {
				t.Fatalf("connected %d, faults %v", reply.Connected, reply.Faults)
			}
			p.measure(100 * ms) // the first records of all
			tally := p.measure(1100 * ms)
			p.end()
			expectHealthy(t, tally, clients, j.Load.Slow)
		})
	}
}

// expectHealthy checks what holds for a tally of a service that does its job.
func expectHealthy(t *testing.T, tally *bench.Tally, clients, slow int) {
	t.Helper()
	expect(t, "clients, lost", []int{tally.Clients, tally.Lost}, []int{clients, 0})
	expect(t, "faults", tally.Faults, nil)
	expect(t, "disorder", tally.Disorder, 0)
	expect(t, "seconds", len(tally.Seconds), 2)
	expect(t, "never served", tally.Served[0], 0)
	ages := tally.Ages.Count()
	if slow > 0 {
		ages += tally.Slow.Count()
	}
	expect(t, "ages", uint64(ages), tally.Updates)
	if tally.Checked == 0 || tally.Checked >= tally.Updates || tally.Frames > tally.Updates || tally.Bytes < 50*tally.Updates {
		t.Errorf("%d frames, %d updates, %d bytes, %d checked", tally.Frames, tally.Updates, tally.Bytes, tally.Checked)
	}
	if tally.CPUMicros == 0 {
		t.Error("no processor time")
	}
}

func TestConnectionsMayBeEncrypted(t *testing.T) {
	t.Parallel()
	service := httptest.NewTLSServer(play(func(c *clienttest.Conn) {
		for range 3 {
			c.Quotes("c", quote("SYM0001", 1, 1<<40))
		}
	}))
	defer service.Close()
	p := start(t.Context(), t)
	reply := p.ask(bench.Order{Connect: job(bench.Ticker, strings.Replace(service.URL, "https", "wss", 1), 2)})
	if reply.Connected != 2 {
		t.Errorf("connected %d, faults %v", reply.Connected, reply.Faults)
	}
	p.end()
}

func TestFaultsTellWhyClientsDidNotConnect(t *testing.T) {
	t.Parallel()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = ln.Close()
	p := start(t.Context(), t)
	reply := p.ask(bench.Order{Connect: job(bench.Ticker, "ws://"+ln.Addr().String(), 2)})
	expect(t, "reply", reply, &bench.Reply{Faults: map[string]int{"connection refused": 2}})
	p.end()
}

func TestOrdersThatMakeNoSenseEndTheCrowd(t *testing.T) {
	t.Parallel()
	order := func(change func(*bench.Job)) string {
		j := job(bench.Ticker, "ws://127.0.0.1:1", 1)
		change(j)
		text, err := json.Marshal(bench.Order{Connect: j})
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	good := order(func(*bench.Job) {})
	for name, c := range map[string]struct{ orders, want string }{
		"no JSON":               {"connect", "read order: invalid character"},
		"cut":                   {good[:50], "read order: unexpected EOF"},
		"unknown key":           {`{"connext":{}}`, "unknown field"},
		"nothing":               {`{}`, "the first order must be to connect"},
		"to measure first":      {`{"measure":"1s"}`, "the first order must be to connect"},
		"to connect twice":      {good + good, "it must be to measure"},
		"to measure nothing":    {good + `{"measure":"0s"}`, "it must be to measure"},
		"to measure for ever":   {good + `{"measure":"61m"}`, "it must be to measure"},
		"another scheme":        {order(func(j *bench.Job) { j.URL = "http://127.0.0.1" }), `scheme is "http"`},
		"an unknown dialect":    {order(func(j *bench.Job) { j.Dialect = "latin" }), `unknown dialect "latin"`},
		"no clients":            {order(func(j *bench.Job) { j.Clients = 0 }), "clients must be"},
		"clients without bound": {order(func(j *bench.Job) { j.First = bench.MaxClients }), "clients must be"},
		"no rate":               {order(func(j *bench.Job) { j.ConnectRate = 0 }), "connect rate must be"},
		"a load that is none":   {order(func(j *bench.Job) { j.Load.Subscriptions = 11 }), "subscriptions must be"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := Run(t.Context(), strings.NewReader(c.orders), io.Discard)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error is %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestCrowdWithoutOrdersEnds(t *testing.T) {
	t.Parallel()
	if err := Run(t.Context(), strings.NewReader(""), io.Discard); err != nil {
		t.Error(err)
	}
}

func TestEndOfContextEndsAMeasurement(t *testing.T) {
	t.Parallel()
	service := httptest.NewServer(play(func(*clienttest.Conn) {}))
	defer service.Close()
	ctx, cancel := context.WithCancel(t.Context())
	p := start(ctx, t)
	if reply := p.ask(bench.Order{Connect: job(bench.Ticker, strings.Replace(service.URL, "http", "ws", 1), 2)}); reply.Connected != 2 {
		t.Fatalf("connected %d, faults %v", reply.Connected, reply.Faults)
	}
	hour := bench.Duration(time.Hour)
	if err := p.orders.Encode(bench.Order{Measure: &hour}); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-p.ended; err == nil || err.Error() != "measure: context canceled" {
		t.Errorf("error is %v", err)
	}
}
