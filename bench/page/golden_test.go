package page

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ticker/bench"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

func TestPageIsDrawnAsInTheGoldenFile(t *testing.T) {
	t.Parallel()
	got := write(t, sample{servers: []string{"ticker", "hub"}, rounds: 2, seconds: 3}.report())
	path := filepath.Join("testdata", "page.html.golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the page differs from %s (-want +got):\n%s", path, diff)
	}
}

// write returns the page of a report.
func write(t interface {
	Helper()
	Fatal(args ...any)
}, report *bench.Report,
) string {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, report); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
