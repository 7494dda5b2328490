package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ticker/internal/browsertest"
)

// program is a running program whose output is read line by line.
type program struct {
	*exec.Cmd
	t    *testing.T
	out  *bufio.Reader
	told strings.Builder // on its standard error
}

// start starts a program that must be there, and ends with the test.
func start(t *testing.T, name string, args ...string) *program {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*patience)
	t.Cleanup(cancel)
	p := &program{Cmd: exec.CommandContext(ctx, name, args...), t: t}
	p.Stderr = &p.told
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatalf("this test needs Debian's %s: %v", name, err)
	}
	p.out = bufio.NewReader(out)
	return p
}

// until reads lines up to one that holds a text.
func (p *program) until(text string) string {
	p.t.Helper()
	for {
		line, err := p.out.ReadString('\n')
		if err != nil {
			p.t.Fatalf("no line with %q: %v\n%s", text, errors.Join(err, p.Wait()), p.told.String())
		}
		if strings.Contains(line, text) {
			return line
		}
	}
}

// finish reads the rest and waits for the program to end well.
func (p *program) finish() string {
	p.t.Helper()
	rest, err := io.ReadAll(p.out)
	if err := errors.Join(err, p.Wait()); err != nil {
		p.t.Fatalf("%v\n%s", err, p.told.String())
	}
	return string(rest)
}

// drain ends the service as a shutdown does.
func (r *rig) drain() {
	r.t.Helper()
	r.srv.StopAccepting()
	if err := r.srv.Drain(context.WithoutCancel(r.t.Context())); err != nil {
		r.t.Error(err)
	}
}

func TestCurlShowsEveryEventAsItComes(t *testing.T) {
	t.Parallel()
	r := overTCP(t)
	r.quote("AAPL", 18998)
	curl := start(t, "curl", "--silent", "--show-error", "--no-buffer", "http://"+r.addr+"/v1/sse?symbols=AAPL")
	curl.until("event: subscribed")
	curl.until(`"bid":189.98`)
	r.quote("AAPL", 19001)
	curl.until(`"bid":190.01`)
	r.drain()
	if rest := curl.finish(); !strings.Contains(rest, "\nretry: ") || !strings.Contains(rest, "\nevent: draining\ndata: {") {
		t.Errorf("the last of it is %q", rest)
	}
}

func TestPythonPolls(t *testing.T) {
	t.Parallel()
	r := overTCP(t)
	r.quote("AAPL", 18998)
	polls := start(t, python, "testdata/poll.py", r.addr)
	polls.until("waiting")
	r.quote("BTC-USD", 7)
	var got map[string]any
	if err := json.Unmarshal([]byte(polls.finish()), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"first":        []any{189.98},
		"nothing":      []any{204.0, 0.0},
		"changed":      []any{200.0, []any{"BTC-USD"}},
		"nothing more": 204.0,
		"refused":      []any{400.0, "application/problem+json", "bad_symbol"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("what it saw (-want +got):\n" + diff)
	}
}

// frail is a listener whose connections can all be cut at one time.
type frail struct {
	net.Listener
	mu    sync.Mutex
	conns []net.Conn
}

// Accept implements net.Listener.
func (f *frail) Accept() (net.Conn, error) {
	conn, err := f.Listener.Accept()
	if err == nil {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.conns = append(f.conns, conn)
	}
	return conn, err
}

func (f *frail) cut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, conn := range f.conns {
		_ = conn.Close() // whatever state it is in
	}
	f.conns = nil
}

func TestABrowserComesBackByItselfAndIsSentWhatItMissed(t *testing.T) {
	t.Parallel()
	tcp, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ln := &frail{Listener: tcp}
	r := newRig(t, ln)
	r.quote("KEPT", 1)
	r.quote("MISSED", 1)
	page := browsertest.Start(t).Open(t, "http://"+tcp.Addr().String()+"/v1/symbols")
	page.Eval(`(() => {
		window.seen = [];
		const source = new EventSource("/v1/sse?symbols=KEPT,MISSED,SEEN");
		source.onerror = () => seen.push("error");
		for (const name of ["welcome", "subscribed", "quotes", "draining"]) {
			source.addEventListener(name, (event) => {
				const quotes = JSON.parse(event.data).quotes ?? [];
				seen.push([name, ...quotes.map((quote) => quote.symbol + "=" + quote.bid).sort()].join(" "));
			});
		}
	})()`, nil)
	page.WaitFor(`seen.includes("quotes KEPT=0.01 MISSED=0.01")`)
	// The place of this event is behind all that was before it.
	r.quote("SEEN", 1)
	page.WaitFor(`seen.includes("quotes SEEN=0.01")`)
	ln.cut()
	page.WaitFor(`seen.includes("error")`)
	r.quote("MISSED", 2)
	page.WaitFor(`seen.slice(seen.indexOf("error")).some((text) => text.includes("MISSED=0.02"))`)
	var seen []string
	page.Eval(`seen.slice(seen.indexOf("error"))`, &seen)
	for _, text := range seen {
		if strings.Contains(text, "KEPT") {
			t.Errorf("what the browser had came once more: %q", seen)
		}
	}
	r.drain()
	page.WaitFor(`seen.includes("draining")`)
}
