package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"ticker/bench/peers/peer/peertest"
)

// The library centrifuge leaves goroutines behind when its node is shut down.
func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m,
		goleak.IgnoreAnyFunction("github.com/FZambia/eagle.(*Eagle).aggregate"),
		goleak.IgnoreAnyFunction("github.com/centrifugal/centrifuge/internal/dissolve.(*Dissolver).runWorker"))
}

// program is the program, running.
type program struct {
	place place
	stdin *io.PipeWriter
	stop  context.CancelFunc
	ended chan error
}

// start runs the program until it says where it serves.
func start(t *testing.T, args ...string) *program {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	stdin, in := io.Pipe()
	out, stdout := io.Pipe()
	p := &program{stdin: in, stop: cancel, ended: make(chan error, 1)}
	go func() {
		p.ended <- run(ctx, args, stdin, stdout)
		_ = stdout.Close()
	}()
	t.Cleanup(func() {
		cancel()
		_ = in.Close()
	})
	line, err := bufio.NewReader(out).ReadBytes('\n')
	if err != nil {
		t.Fatalf("it said nothing and ended with %v", <-p.ended)
	}
	if err := json.Unmarshal(line, &p.place); err != nil {
		t.Fatal(err)
	}
	return p
}

// finish tells the program to end, which it must do without an error.
func (p *program) finish(t *testing.T) {
	t.Helper()
	p.stop()
	if err := <-p.ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
}

func get(t *testing.T, page string) []byte {
	t.Helper()
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, page, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v", page, answer.Status, err)
	}
	return text
}

func TestEveryKindServesCountsAndEndsWhenToldTo(t *testing.T) {
	t.Parallel()
	for _, k := range kinds() {
		t.Run(k.name, func(t *testing.T) {
			t.Parallel()
			p := start(t, k.name, "--symbols", "10", "--rate", "1000", "--interval", "10ms", "--phases", "2")
			peertest.Await(t, "opening records", func() bool {
				var now map[string]int
				if err := json.Unmarshal(get(t, p.place.Stats), &now); err != nil {
					t.Fatal(err)
				}
				return len(now) == 3 && now["quotes"] >= 10 && now["clients"] == 0 && now["dropped"] == 0
			})
			get(t, p.place.Collect)
			peertest.Dial(t, p.place.URL, 0)
			p.finish(t)
		})
	}
}

func TestClientIsCountedOnThePage(t *testing.T) {
	t.Parallel()
	p := start(t, "hub-tuned", "--symbols", "10", "--fields", "bid,bidSize,ask,askSize", "--interval", "10ms")
	peertest.Subscribe(t, p.place.URL, 0, "SYM0001").CheckRising(3)
	var now stats
	if err := json.Unmarshal(get(t, p.place.Stats), &now); err != nil {
		t.Fatal(err)
	}
	if now.Clients != 1 || now.Quotes < 10 {
		t.Errorf("%+v", now)
	}
	p.finish(t)
}

func TestProgramEndsWithItsInputIfAskedTo(t *testing.T) {
	t.Parallel()
	p := start(t, "raw", "--with-stdin")
	_ = p.stdin.Close()
	if err := <-p.ended; err != nil {
		t.Errorf("it ended with %v", err)
	}
}

func TestOnlyActiveSymbolsChange(t *testing.T) {
	t.Parallel()
	p := start(t, "raw-conflating", "--symbols", "20", "--active", "1", "--fields", "bid,bidSize,ask,askSize", "--interval", "10ms")
	c := peertest.Subscribe(t, p.place.URL, 0, "*")
	seen := make(map[string]bool)
	peertest.Await(t, "opening records", func() bool {
		for _, r := range c.Next().Quotes {
			seen[r.Symbol] = true
		}
		return len(seen) == 20
	})
	for range 10 {
		if q := c.Next().Quotes; len(q) != 1 || q[0].Symbol != "SYM0001" {
			t.Fatalf("%+v", q)
		}
	}
	p.finish(t)
}

func TestWrongUsageIsNamed(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"":                     "no kind is named",
		"fast":                 `unknown kind "fast": want one of raw, raw-conflating`,
		"raw --what":           "flag provided but not defined: -what",
		"raw more":             `unexpected argument "more"`,
		"raw --interval 100":   "-interval",
		"raw --interval 1us":   "interval must be 1ms to 1m0s, not 1µs",
		"raw --phases 0":       "phases must be 1 to 1000, not 0",
		"raw --fields bid,nix": `"nix" is no value field`,
		"raw --fields ,":       `"" is no value field`,
		"raw --symbols 0":      "symbols must be 1 to 100000, not 0",
		"raw --symbols -1":     "symbols must be 1 to 100000, not -1",
		"raw --rate 0":         "rate must be",
		"raw --active 2000":    "active must be",
	} {
		var wrong usageError
		err := run(t.Context(), strings.Fields(said), nil, io.Discard)
		if !errors.As(err, &wrong) || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%q: %v", said, err)
		}
	}
}

func TestFailureAtRunTimeIsNoWrongUsage(t *testing.T) {
	t.Parallel()
	p := start(t, "raw", "--symbols", "1")
	taken := strings.TrimSuffix(strings.TrimPrefix(p.place.URL, "ws://"), "/v1/ws")
	var wrong usageError
	if err := run(t.Context(), []string{"hub", "--listen", taken}, nil, io.Discard); err == nil || errors.As(err, &wrong) {
		t.Errorf("it ended with %v", err)
	}
	p.finish(t)
}

func TestHelpListsTheKinds(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"-h"}, {"--help"}, {"raw", "-h"}} {
		var text bytes.Buffer
		if err := run(t.Context(), args, nil, &text); err != nil {
			t.Errorf("%q ended with %v", args, err)
		}
		for _, k := range kinds() {
			if !strings.Contains(text.String(), "\n  "+k.name+" ") {
				t.Errorf("%q does not name %s:\n%s", args, k.name, text.String())
			}
		}
	}
}
