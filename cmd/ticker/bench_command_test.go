package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ticker/bench"
)

// The harness starts this program again: as the server, and as the clients.
func TestBenchMeasuresThisVeryProgram(t *testing.T) {
	t.Setenv(asProgram, "1")
	dir := t.TempDir()
	text, page := filepath.Join(dir, "report.json"), filepath.Join(dir, "report.html")
	code, out, errs := program(t, nil, "bench", "fanout", "--clients", "20", "--symbols", "100", "--subscriptions", "10",
		"--rate", "2000", "--duration", "1s", "--warmup", "200ms", "--json", text, "--html", page)
	if code != 0 || !strings.Contains(out, "µs/update") {
		t.Fatalf("exit code %d\n%s\n%s", code, out, errs)
	}
	var report bench.Report
	written, err := os.ReadFile(text)
	if err == nil {
		err = json.Unmarshal(written, &report)
	}
	if err != nil || len(report.Results) != 1 {
		t.Fatalf("%d results, %v", len(report.Results), err)
	}
	r := report.Results[0]
	if r.Connected != 20 || r.Clients != 20 || r.Unserved() != 0 || r.Lost != 0 || r.Disorder != 0 || r.Checked == 0 {
		t.Errorf("%d connected, %d at the end, %d unserved, %d lost, %d of %d out of order",
			r.Connected, r.Clients, r.Unserved(), r.Lost, r.Disorder, r.Checked)
	}
	if r.Updates == 0 || r.Quotes == 0 || r.ServerCPUMicros == 0 || r.Ages.Count() != int64(r.Updates) || len(r.Faults) != 0 {
		t.Errorf("%s, faults %v", r.Line(), r.Faults)
	}
	drawn, err := os.ReadFile(page)
	if err != nil || !strings.Contains(string(drawn), "<svg") {
		t.Errorf("no plots on the page: %v", err)
	}
}

func TestBenchRefusesWhatItCannotMeasure(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"fanout", "--clients", "0"}, "clients must be 1 to 1000000, not 0"},
		{[]string{"fanout", "--interval", "fast"}, `"fast"`},
		{[]string{"fanout", "--server", "kafka"}, `"kafka" is no server: want ticker, raw`},
		{[]string{"fanout", "--server", "hub", "--delta"}, "hub knows neither --delta nor --msgpack"},
		{[]string{"fanout", "--server", "hub", "--peers", ""}, "`make peers` builds it"},
		{[]string{"fanout", "--fields", "price"}, `"price" is no value field`},
		{[]string{"fanout", "--url", "ftp://x"}, "--url"},
		{[]string{"fanout", "now"}, "takes no arguments"},
		{[]string{"compare", "--rounds", "0"}, "rounds must be 1 to 100, not 0"},
		{[]string{"compare", "--rounds", "101"}, "rounds must be"},
		{[]string{"curves", "--only", "weather"}, `"weather" is no property`},
		{[]string{"race"}, `unknown command "race"`},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			t.Parallel()
			code, _, errs := program(t, nil, append([]string{"bench"}, c.args...)...)
			if code != 2 || !strings.Contains(errs, c.want) || strings.Count(errs, "\n") != 1 {
				t.Errorf("exit code %d, %q", code, errs)
			}
		})
	}
}

func TestBenchSaysWhyAServerDoesNotStart(t *testing.T) {
	t.Setenv(asProgram, "1")
	t.Setenv("TICKER_LIMITS_STALL", "soon")
	code, _, errs := program(t, nil, "bench", "fanout", "--clients", "1", "--duration", "1s")
	if code != 1 || !strings.Contains(errs, "limits.stall") {
		t.Errorf("exit code %d, %q", code, errs)
	}
}
