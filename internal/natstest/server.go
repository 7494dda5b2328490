package natstest

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for the server. Only failures wait it out.
const patience = 30 * time.Second

var errMissing = errors.New(
	"these tests need nats-server: neither in the path nor in /usr/sbin; install the Debian package nats-server",
)

// Options say how a server runs.
type Options struct {
	// Config is put into the server's configuration file as it is: accounts,
	// certificates, limits.
	Config string
}

// Server is a NATS server of its own, with its streams.
type Server struct {
	program string
	dir     string // of the configuration, the streams and the log
	port    int
	process *os.Process
}

// Start starts a server, and ends it with the test.
func Start(tb testing.TB, o Options) *Server {
	tb.Helper()
	s, err := launch(o, tb.TempDir())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { must(tb, s.end(syscall.SIGKILL)) })
	return s
}

func launch(o Options, dir string) (*Server, error) {
	program, err := find()
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &Server{program: program, dir: dir, port: port}
	config := fmt.Sprintf("listen: %q\njetstream { store_dir: %q }\n%s\n", s.Addr(), s.dir, o.Config)
	if err := os.WriteFile(s.path("nats.conf"), []byte(config), 0o600); err != nil {
		return nil, fmt.Errorf("write configuration: %w", err)
	}
	//nolint:noctx // It only reads the configuration, and ends by itself.
	if out, err := exec.Command(program, "-t", "-c", s.path("nats.conf")).CombinedOutput(); err != nil {
		return nil, fmt.Errorf("check configuration: %w\n%s", err, out)
	}
	return s, s.up()
}

// find prefers the path to where Debian puts servers, which is in root's only.
func find() (string, error) {
	for _, name := range []string{"nats-server", "/usr/sbin/nats-server"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errMissing
}

// freePort finds a port of the loopback address that nobody listens on.
func freePort() (int, error) {
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return 0, fmt.Errorf("find free port: %w", err)
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

func (s *Server) path(name string) string { return filepath.Join(s.dir, name) }

// Addr returns the server's host and port, which stay the same.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// URL returns the server's address as clients want it.
func (s *Server) URL() string { return "nats://" + s.Addr() }

// Stop shuts the server down and keeps its streams.
func (s *Server) Stop(tb testing.TB) {
	tb.Helper()
	must(tb, s.end(syscall.SIGTERM))
}

// Kill ends the server at once, without a word to anybody.
func (s *Server) Kill(tb testing.TB) {
	tb.Helper()
	must(tb, s.end(syscall.SIGKILL))
}

// Restart starts the server again on the same port and streams, after it stopped
// it if it runs, and returns when it answers.
func (s *Server) Restart(tb testing.TB) {
	tb.Helper()
	must(tb, s.end(syscall.SIGTERM))
	must(tb, s.up())
}

// Pause makes the server stand still, with its connections open, until Resume.
func (s *Server) Pause(tb testing.TB) {
	tb.Helper()
	must(tb, s.process.Signal(syscall.SIGSTOP))
	// The signal takes a moment to reach every thread.
	must(tb, poll(func() error { return standsStill(s.process.Pid) }))
}

// Resume lets the server go on after Pause.
func (s *Server) Resume(tb testing.TB) {
	tb.Helper()
	must(tb, s.process.Signal(syscall.SIGCONT))
}

// up starts the server on what is there, and returns when it answers.
func (s *Server) up() error {
	log, err := os.OpenFile(s.path("log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	//nolint:noctx // The server outlives the context of the test: it is ended in the clean-up.
	cmd := exec.Command(s.program, "-c", s.path("nats.conf"))
	// A file, unlike a pipe, needs no goroutine that copies.
	cmd.Stdout, cmd.Stderr, cmd.Dir, cmd.SysProcAttr = log, log, s.dir, attributes()
	err = cmd.Start()
	if err := errors.Join(err, log.Close()); err != nil {
		return fmt.Errorf("start nats-server: %w", err)
	}
	s.process = cmd.Process
	if err := s.await(); err != nil {
		return errors.Join(err, s.end(syscall.SIGKILL))
	}
	return nil
}

// await waits until the server greets who connects.
func (s *Server) await() error {
	err := poll(s.greeting)
	if err == nil {
		return nil
	}
	text, readErr := os.ReadFile(s.path("log"))
	return fmt.Errorf("wait for nats-server: %w\n%s", errors.Join(err, readErr), text)
}

// poll tries until it succeeds, and returns the last error when that takes too
// long.
func poll(try func() error) error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); ; <-tick.C {
		err := try()
		if err == nil || time.Now().After(deadline) {
			return err
		}
	}
}

func (s *Server) greeting() error {
	conn, err := net.DialTCP("tcp4", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: s.port})
	if err != nil {
		return err
	}
	deadlineErr := conn.SetReadDeadline(time.Now().Add(time.Second))
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err == nil && !strings.HasPrefix(line, "INFO ") {
		err = fmt.Errorf("it said %q", line)
	}
	return errors.Join(err, deadlineErr, conn.Close())
}

// end ends the server, if it runs, and waits for it. A server that stands still
// gets other signals when it goes on.
func (s *Server) end(sig syscall.Signal) error {
	if s.process == nil {
		return nil
	}
	err := errors.Join(s.process.Signal(syscall.SIGCONT), s.process.Signal(sig))
	if errors.Is(err, os.ErrProcessDone) {
		err = nil // by itself: then await has told why
	}
	_, waitErr := s.process.Wait()
	s.process = nil
	return errors.Join(err, waitErr)
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
