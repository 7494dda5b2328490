package servertest

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// brief is how long a server that stands still is listened to.
const brief = 50 * time.Millisecond

// wantAnswers checks that a server and its child answer.
func wantAnswers(t *testing.T, s *pair) {
	t.Helper()
	for _, addr := range []string{s.Addr(), s.child} {
		if err := pong(t.Context(), addr); err != nil {
			t.Error(err)
		}
	}
}

// wantGone checks that nobody listens where a server and its child did.
func wantGone(t *testing.T, s *pair) {
	t.Helper()
	for _, addr := range []string{s.Addr(), s.child} {
		if err := Ask(t.Context(), addr, ""); err == nil || !strings.Contains(err.Error(), "refused") {
			t.Errorf("connecting gives %v", err)
		}
	}
}

func TestAServerComesBackAfterAStopAndAKillOnItsPortWithItsData(t *testing.T) {
	t.Parallel()
	s := Start(t, options{})
	wantAnswers(t, s)
	data := filepath.Join(s.program.Dir, "data")
	if text, err := os.ReadFile(data); err != nil || string(text) != "given" {
		t.Errorf("it starts with %q: %v", text, err)
	}
	if err := os.WriteFile(data, []byte("changed"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, end := range []func(testing.TB){s.Stop, s.Kill} {
		end(t)
		wantGone(t, s)
		end(t) // There is nothing left to end.
		s.Restart(t)
		wantAnswers(t, s)
		s.Restart(t)
		wantAnswers(t, s)
	}
	if text, err := os.ReadFile(data); err != nil || string(text) != "changed" {
		t.Errorf("it has %q left: %v", text, err)
	}
}

func TestOnlyAServerThatIsStoppedSaysGoodbye(t *testing.T) {
	t.Parallel()
	s := Start(t, options{})
	s.Kill(t)
	s.Restart(t)
	if said := s.Log(); strings.Contains(said, "goodbye") {
		t.Errorf("a killed server said %q", said)
	}
	s.Stop(t)
	s.Restart(t)
	if said := s.Log(); !strings.Contains(said, "goodbye") {
		t.Errorf("a stopped server said %q", said)
	}
}

func TestAPausedServerAnswersAfterItResumes(t *testing.T) {
	t.Parallel()
	s := Start(t, options{})
	s.Pause(t)
	var conns []net.Conn
	for _, addr := range []string{s.Addr(), s.child} {
		conn := ping(t, addr)
		if err := answer(conn, brief); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("a paused server gives %v", err)
		}
		conns = append(conns, conn)
	}
	s.Resume(t)
	for _, conn := range conns {
		if err := answer(conn, patience); err != nil {
			t.Error(err)
		}
	}
}

// ping sends a server its question.
func ping(t *testing.T, addr string) net.Conn {
	t.Helper()
	dialer := net.Dialer{}
	conn, err := dialer.DialContext(t.Context(), "tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := fmt.Fprintln(conn, "ping"); err != nil {
		t.Fatal(err)
	}
	return conn
}

// answer waits for what a server answers.
func answer(conn net.Conn, atMost time.Duration) error {
	if err := conn.SetReadDeadline(time.Now().Add(atMost)); err != nil {
		return err
	}
	_, err := conn.Read(make([]byte, 1))
	return err
}

func TestAPausedServerCanBeEnded(t *testing.T) {
	t.Parallel()
	s := Start(t, options{})
	for _, end := range []func(testing.TB){s.Stop, s.Kill} {
		s.Pause(t)
		end(t)
		wantGone(t, s)
		s.Restart(t)
	}
}

func TestAServerIsGoneWithItsTest(t *testing.T) {
	t.Parallel()
	var s *pair
	t.Run("test", func(t *testing.T) {
		s = Start(t, options{})
		s.Pause(t) // It ends all the same.
	})
	wantGone(t, s)
	if _, err := os.Stat(s.program.Dir); !os.IsNotExist(err) {
		t.Errorf("its directory is still there: %v", err)
	}
}

func TestAServerThatDoesNotStartSaysWhyAndLeavesNothing(t *testing.T) {
	t.Parallel()
	_, err := options{addr: "nowhere"}.Launch()
	if err == nil {
		t.Fatal("it started")
	}
	for _, want := range []string{"exit status 3", "missing port in address"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in the error: %v", want, err)
		}
	}
	dir, _, _ := strings.Cut(err.Error(), ":")
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("its directory is still there: %v", err)
	}
}

func TestTheAnswerOfAnotherServerIsNoStart(t *testing.T) {
	t.Parallel()
	s := Start(t, options{})
	p := &Process{}
	p.program = Program{
		Path: "false", Dir: t.TempDir(), Port: s.program.Port,
		Answers: func(ctx context.Context, addr string) error {
			return errors.Join(awaitEnd(p.process.Pid), pong(ctx, addr))
		},
	}
	if err := p.up(); err == nil || !strings.Contains(err.Error(), "exit status 1") {
		t.Errorf("the start of a program that ends gives %v", err)
	}
}

func TestFreePortsDiffer(t *testing.T) {
	t.Parallel()
	const n = 500
	ports, err := FreePorts(n)
	if err != nil {
		t.Fatal(err)
	}
	seen := make(map[int]bool)
	for _, port := range ports {
		seen[port] = true
	}
	if len(seen) != n {
		t.Errorf("there are %d ports, not %d", len(seen), n)
	}
}

func TestAMissingProgramIsNamedWithItsPackage(t *testing.T) {
	t.Parallel()
	path, err := Find("some-package", "no-such-program", "true")
	if err != nil || filepath.Base(path) != "true" {
		t.Errorf("found %s: %v", path, err)
	}
	if _, err := Find("some-package", "no-such-program"); err == nil || !strings.Contains(err.Error(), "some-package") {
		t.Errorf("the error is %v", err)
	}
}
