package capture

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// rig runs a Recorder.
type rig struct {
	*Recorder

	t        testing.TB
	registry *prometheus.Registry
	log      bytes.Buffer // to be read after stop
	cancel   context.CancelFunc
	done     chan error
}

func newRig(t testing.TB, cfg Config) *rig {
	t.Helper()
	r := &rig{t: t, registry: prometheus.NewRegistry(), done: make(chan error, 1)}
	cfg.Feed, cfg.Metrics = "test", NewMetrics(r.registry)
	cfg.Logger = slog.New(slog.NewTextHandler(&r.log, nil))
	var err error
	if r.Recorder, err = New(cfg); err != nil {
		t.Fatal(err)
	}
	return r
}

// start runs the recorder. The channels of its context belong to the bubble that
// the caller may be in.
func (r *rig) start() {
	ctx, cancel := context.WithCancel(context.Background())
	r.cancel = cancel
	go func() { r.done <- r.Run(ctx) }()
}

func (r *rig) stop() {
	r.t.Helper()
	r.cancel()
	if err := <-r.done; err != nil {
		r.t.Errorf("Run: %v", err)
	}
}

// want checks the counters of messages.
func (r *rig) want(recorded, lost, refused int) {
	r.t.Helper()
	got := r.counts()
	if got != [3]int{recorded, lost, refused} {
		r.t.Errorf("recorded, lost and refused %v, want %v", got, [3]int{recorded, lost, refused})
	}
}

func (r *rig) counts() (got [3]int) {
	r.t.Helper()
	families, err := r.registry.Gather()
	if err != nil {
		r.t.Fatal(err)
	}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			for _, pair := range m.GetLabel() {
				switch pair.GetValue() {
				case "recorded":
					got[0] = int(m.GetCounter().GetValue())
				case "lost":
					got[1] = int(m.GetCounter().GetValue())
				case "refused":
					got[2] = int(m.GetCounter().GetValue())
				}
			}
		}
	}
	return got
}

func (r *rig) wantLogged(part string, want int) {
	r.t.Helper()
	if got := strings.Count(r.log.String(), part); got != want {
		r.t.Errorf("%d times %q in the log, want %d:\n%s", got, part, want, r.log.String())
	}
}

// paths lists the files of a directory in the order of their names.
func paths(t testing.TB, dir string) []string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// linesOf reads a file as far as it goes.
func linesOf(t testing.TB, path string) []string {
	t.Helper()
	packed, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	gz, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(gz)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Fatal(err)
	}
	return strings.SplitAfter(string(text), "\n")
}

// messages reads all messages of a directory.
func messages(t testing.TB, dir string) []string {
	t.Helper()
	var all []string
	for _, path := range paths(t, dir) {
		for _, line := range linesOf(t, path) {
			if _, message, ok := strings.Cut(strings.TrimSuffix(line, "\n"), ": "); ok {
				all = append(all, message)
			}
		}
	}
	return all
}

// disk is one whose files fail when they are told to.
type disk struct {
	full, stuck atomic.Bool
	tries       atomic.Int64 // files that were made
}

// errFull is what a full disk says to a write, and a stuck one to a cut.
var errFull = errors.New("no space left on device")

// fault is a file of such a disk.
type fault struct {
	output

	disk *disk
}

func (f fault) Write(p []byte) (int, error) {
	if !f.disk.full.Load() {
		return f.output.Write(p)
	}
	// What does not fit leaves what did.
	n, err := f.output.Write(p[:len(p)/2])
	return n, errors.Join(errFull, err)
}

func (f fault) Truncate(size int64) error {
	if f.disk.stuck.Load() {
		return errFull
	}
	return f.output.Truncate(size)
}

// faulty gives a recorder files on a disk that can fail.
func (r *rig) faulty() *disk {
	d := &disk{}
	r.roll.create = func(path string) (output, error) {
		d.tries.Add(1)
		out, err := create(path)
		return fault{out, d}, err
	}
	return d
}
