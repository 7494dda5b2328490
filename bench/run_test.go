package bench_test

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"ticker/bench"
)

// harness returns one whose processes are this program again, and the shortest
// load there is.
func harness(t *testing.T, fault string) (*bench.Harness, bench.Load, *[]string) {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	load := bench.Standard()
	load.Clients, load.Duration, load.Warmup = 10, bench.Duration(time.Second), 0
	var said []string
	return &bench.Harness{
		Crowd:  []string{program, "crowd", fault},
		Settle: time.Millisecond,
		Say:    func(line string) { said = append(said, line) },
	}, load, &said
}

func self(t *testing.T) string {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return program
}

func TestARunBringsServerAndCrowdTogether(t *testing.T) {
	t.Setenv(role, "play")
	h, load, _ := harness(t, "")
	r, err := h.Run(t.Context(), bench.Peer(self(t), "raw"), load)
	if err != nil {
		t.Fatal(err)
	}
	if r.Ages.Count() != 0 {
		t.Errorf("%d ages of records that never change", r.Ages.Count())
	}
	if r.Server != "raw" || r.Connected != 9 || r.Quotes != 1000 || r.Updates != 3 || r.Faults["refused"] != 1 {
		t.Errorf("%+v", r)
	}
	if r.Window < load.Duration || r.ServerCPUMicros <= 0 || r.EmptyBytes <= 0 || r.FullBytes <= 0 {
		t.Errorf("window %v, %d µs, %d to %d bytes", r.Window, r.ServerCPUMicros, r.EmptyBytes, r.FullBytes)
	}
}

func TestManyClientsAreSpreadOverCrowds(t *testing.T) {
	t.Setenv(role, "play")
	h, load, _ := harness(t, "")
	load.Clients = 20_001
	r, err := h.Run(t.Context(), bench.Peer(self(t), "nats"), load)
	if err != nil {
		t.Fatal(err)
	}
	// Each crowd loses one client and tells of three records.
	if r.Ages.Count() != 3 {
		t.Errorf("%d ages of three crowds", r.Ages.Count())
	}
	if r.Connected != 20_001-3 || r.Faults["refused"] != 3 || r.Updates != 9 {
		t.Errorf("%d connected, %v, %d updates", r.Connected, r.Faults, r.Updates)
	}
}

func TestComparisonGoesRoundByRound(t *testing.T) {
	t.Setenv(role, "play")
	h, load, said := harness(t, "")
	servers := []bench.Server{bench.Peer(self(t), "raw"), bench.Peer(self(t), "centrifuge")}
	results, err := h.Compare(t.Context(), servers, load, 2)
	if err != nil {
		t.Fatal(err)
	}
	var order []string
	for _, r := range results {
		order = append(order, r.Server)
	}
	if want := []string{"raw", "centrifuge", "raw", "centrifuge"}; !slices.Equal(order, want) || len(*said) != 4 {
		t.Errorf("measured %v, said %q", order, *said)
	}
}

func TestFailuresSayWhatTheProcessSaidLast(t *testing.T) {
	t.Setenv(role, "play")
	for fault, want := range map[string]string{
		"dies":    "no room left",
		"babbles": "good morning",
		"forgets": "it answered without a tally",
	} {
		h, load, _ := harness(t, fault)
		if _, err := h.Run(t.Context(), bench.Peer(self(t), "raw"), load); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", fault, err)
		}
	}
	h, load, _ := harness(t, "")
	if _, err := h.Run(t.Context(), bench.Peer(self(t), "hub"), load); err == nil || !strings.Contains(err.Error(), "the market is closed") {
		t.Errorf("a server that ends: %v", err)
	}
	if _, err := h.Run(t.Context(), bench.Peer("/no/such/program", "raw"), load); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("a program that is not there: %v", err)
	}
}

func TestARunEndsWithItsContext(t *testing.T) {
	t.Setenv(role, "play")
	h, load, _ := harness(t, "")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Run(ctx, bench.Peer(self(t), "raw"), load); err == nil || !strings.Contains(err.Error(), "context canceled") {
		t.Errorf("error %v", err)
	}
}

func TestALoadThatMakesNoSenseStartsNothing(t *testing.T) {
	t.Parallel()
	var h bench.Harness
	if _, err := h.Run(t.Context(), bench.Server{}, bench.Load{}); err == nil || !strings.Contains(err.Error(), "clients must be") {
		t.Errorf("error %v", err)
	}
}

func TestUnknownCurvesAreNamed(t *testing.T) {
	t.Parallel()
	var h bench.Harness
	if _, _, err := h.Curve(t.Context(), "weather", nil, bench.Standard()); err == nil || !strings.Contains(err.Error(), `"weather"`) {
		t.Errorf("error %v", err)
	}
	if !slices.Contains(bench.CurveNames(), "clients") {
		t.Errorf("curves: %v", bench.CurveNames())
	}
}
