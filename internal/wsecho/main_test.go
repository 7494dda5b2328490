package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"io"
	"net"
	"os/exec"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// python is Debian's own, which has Debian's packages.
const python = "/usr/bin/python3"

// start runs the program until the test ends, and returns the URL that it names.
func start(t *testing.T) string {
	t.Helper()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	lines, stderr := io.Pipe()
	var running sync.WaitGroup
	running.Go(func() {
		err := run(ctx, []string{"-listen", "127.0.0.1:0"}, stderr)
		if err != nil {
			t.Error(err)
		}
		_ = stderr.CloseWithError(err) // a pipe's never fails
	})
	t.Cleanup(func() {
		stop()
		running.Wait()
	})
	in := bufio.NewReader(lines)
	line, err := in.ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	running.Go(func() { _, _ = io.Copy(io.Discard, in) })
	_, url, ok := strings.Cut(strings.TrimSpace(line), "url=")
	if !ok {
		t.Fatalf("no URL in %q", line)
	}
	return url
}

func TestForeignClientGetsBackWhatItSends(t *testing.T) {
	t.Parallel()
	if out, err := exec.CommandContext(t.Context(), python, "-c", "import websockets").CombinedOutput(); err != nil {
		t.Fatalf("this test needs Debian's package python3-websockets: %v\n%s", err, out)
	}
	out, err := exec.CommandContext(t.Context(), python, "testdata/echo.py", start(t)).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	var got map[string]any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatalf("%v in %s", err, out)
	}
	want := map[string]any{
		"different": []any{}, "echoed": 48.0, "extensions": 0.0, "closed": []any{4321.0, ""},
		"too_large": []any{1009.0, "message too large"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("what it saw (-want +got):\n" + diff)
	}
}

func TestProgramSaysWhatIsWrongWithItsFlags(t *testing.T) {
	t.Parallel()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"an unknown flag":       {[]string{"-port", "1"}, "-port"},
		"no address":            {[]string{"-listen", "nowhere"}, "nowhere"},
		"an address in use":     {[]string{"-listen", taken.Addr().String()}, "in use"},
		"a flag without a word": {[]string{"-listen"}, "listen"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if err := run(t.Context(), c.args, io.Discard); err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%v says nothing of %q", err, c.says)
			}
		})
	}
	if err := run(t.Context(), []string{"-h"}, io.Discard); !errors.Is(err, flag.ErrHelp) {
		t.Errorf("%v instead of the help", err)
	}
}
