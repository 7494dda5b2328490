//go:build linux

package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"
	"pgregory.net/rapid"

	"ticker/client/clienttest"
)

// watchProcess returns `ticker watch` as a process of its own.
func watchProcess(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), self, append([]string{"watch"}, args...)...)
	cmd.Env = append(os.Environ(), asProgram+"=1", "NO_COLOR=1", "TERM=xterm")
	return cmd
}

// changed waits until a process stops or ends.
func changed(t *testing.T, pid int) unix.WaitStatus {
	t.Helper()
	var status unix.WaitStatus
	for {
		if _, err := unix.Wait4(pid, &status, unix.WUNTRACED, nil); err == nil {
			return status
		} else if err != unix.EINTR {
			t.Fatal(err)
		}
	}
}

func TestTerminalIsGivenBackWhileStoppedAndAfterASignal(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]unix.Signal{"SIGTERM": unix.SIGTERM, "SIGHUP": unix.SIGHUP, "SIGQUIT": unix.SIGQUIT} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := sitDown(t, 80, 10)
			before := p.settings(t)
			cmd := watchProcess(t, "--url", playing(t, serveApple), "AAPL")
			cmd.Stdin, cmd.Stdout, cmd.Stderr = p.terminal, p.terminal, p.terminal
			cmd.SysProcAttr = &unix.SysProcAttr{Setsid: true, Setctty: true}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			p.behold(t, "189.98")
			p.press(t, "\x1a")
			if status := changed(t, cmd.Process.Pid); !status.Stopped() {
				t.Fatalf("Ctrl-Z ends with status %x", status)
			}
			p.see(t, leaveScreen)
			if diff := cmp.Diff(before, p.settings(t)); diff != "" {
				t.Errorf("settings of the terminal (-before +while stopped):\n%s", diff)
			}
			p.forget()
			if err := unix.Kill(cmd.Process.Pid, unix.SIGCONT); err != nil {
				t.Fatal(err)
			}
			p.see(t, enterScreen)
			p.behold(t, "189.98")
			if err := unix.Kill(cmd.Process.Pid, end); err != nil {
				t.Fatal(err)
			}
			if err := cmd.Wait(); err != nil {
				t.Errorf("ends with %v", err)
			}
			p.see(t, leaveScreen)
			if diff := cmp.Diff(before, p.settings(t)); diff != "" {
				t.Errorf("settings of the terminal (-before +after):\n%s", diff)
			}
		})
	}
}

func TestStandardOutputThatNobodyReadsIsNoFailure(t *testing.T) {
	t.Parallel()
	read := make(chan struct{})
	address := playing(t, func(c *clienttest.Conn) {
		grantWatch(c)
		c.Quotes("c1", recordsOf(sampleQuotes(false)...)...)
		<-read
		c.Quotes("c2", recordsOf(sampleQuotes(true)...)...)
		untilGone(c)
	})
	cmd := watchProcess(t, "--url", address, "*")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadFull(out, make([]byte, 10)); err != nil {
		t.Error(err)
	}
	_ = out.Close()
	close(read)
	if err := cmd.Wait(); err != nil || stderr.Len() > 0 {
		t.Errorf("ends with %v, stderr %q, want 0 and silence", err, &stderr)
	}
}

func TestOnlyLinesThatChangedAreWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var shown []string
		written := ""
		for range rapid.IntRange(1, 6).Draw(t, "pictures") {
			rows := rapid.IntRange(1, 3).Draw(t, "rows")
			lines := rapid.SliceOfN(rapid.SampledFrom([]string{"", "a", "bb"}), rows, rows).Draw(t, "lines")
			picture := string(difference(shown, lines))
			changed := 0
			for i := range lines {
				if len(shown) != len(lines) && lines[i] != "" || len(shown) == len(lines) && shown[i] != lines[i] {
					changed++
				}
			}
			if got := strings.Count(picture, clearLine); got != changed {
				t.Fatalf("%d lines are written, %d changed", got, changed)
			}
			written += picture
			shown = lines
			screen := slices.Concat(screenOf(written), make([]string, rows))[:rows]
			if diff := cmp.Diff(lines, screen); diff != "" {
				t.Fatalf("screen (-want +got):\n%s", diff)
			}
		}
	})
}
