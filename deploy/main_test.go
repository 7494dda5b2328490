package deploy

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// buildDir is where the program is built, once for all tests.
var buildDir string

func TestMain(m *testing.M) {
	var err error
	if buildDir, err = os.MkdirTemp("", "ticker-deploy"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := m.Run()
	if err := os.RemoveAll(buildDir); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	if err := goleak.Find(); code == 0 && err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

// builtProgram is the path of the program that is deployed.
var builtProgram = sync.OnceValues(func() (string, error) {
	path := filepath.Join(buildDir, "ticker")
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	out, err := exec.CommandContext(ctx, "go", "build", "-o", path, "ticker/cmd/ticker").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build program: %w\n%s", err, out)
	}
	return path, nil
})

// program runs the program with some arguments and environment, and returns what it
// says. It must succeed.
func program(t *testing.T, environ []string, args ...string) string {
	t.Helper()
	path, err := builtProgram()
	must(t, err)
	cmd := exec.CommandContext(t.Context(), path, args...)
	cmd.Env, cmd.Dir = append(os.Environ(), environ...), t.TempDir()
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("ticker %q: %v\n%s", args, err, out)
	}
	return string(out)
}

// tool runs a program that is installed, and returns what it says and whether it was
// content.
func tool(t *testing.T, name string, args ...string) (string, error) {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		t.Fatalf("%v: scripts/install-test-deps.sh installs it", err)
	}
	out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput() //nolint:gosec // It is a tool of the tests.
	return string(out), err
}

// shipped is the text of a file of this directory.
func shipped(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	must(t, err)
	return string(text)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// await waits for something that other processes bring about.
func await(t *testing.T, what string, done func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	overdue := time.After(90 * time.Second)
	for !done() {
		select {
		case <-tick.C:
		case <-overdue:
			t.Fatal("not in time: " + what)
		}
	}
}
