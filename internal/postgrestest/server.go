package postgrestest

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for the server. Only failures wait it out.
const patience = 60 * time.Second

// Options say how a server runs.
type Options struct {
	// Durable keeps the defaults of an installation: commits wait for the disk.
	// Otherwise nothing is synced, and a kill of the server takes its last
	// commits with it.
	Durable bool
	// Settings are further lines of postgresql.conf, by name.
	Settings map[string]string
}

// Server is a PostgreSQL server of its own, with its data.
type Server struct {
	programs
	account   account
	dir       string // of the data and the log
	port      int
	settings  []string // arguments of the server program
	process   *os.Process
	databases atomic.Int64
}

// Start starts a server, and ends it with the test.
func Start(tb testing.TB, o Options) *Server {
	tb.Helper()
	s, err := launch(o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

// launch makes the data of a server and starts it.
func launch(o Options) (*Server, error) {
	programs, err := findPrograms()
	if err != nil {
		return nil, err
	}
	account, err := findAccount()
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	s := &Server{programs: programs, account: account, port: port, settings: arguments(o, port)}
	if err := s.create(); err != nil {
		return nil, errors.Join(err, s.remove())
	}
	if err := s.up(); err != nil {
		return nil, errors.Join(err, s.remove())
	}
	return s, nil
}

// freePort finds a port of the loopback address that nobody listens on.
func freePort() (int, error) {
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		return 0, fmt.Errorf("find free port: %w", err)
	}
	return l.Addr().(*net.TCPAddr).Port, l.Close()
}

// arguments spells the settings of a server. Without sockets in the file system
// the length of the path does not matter.
func arguments(o Options, port int) []string {
	settings := map[string]string{
		"listen_addresses":        "127.0.0.1",
		"port":                    strconv.Itoa(port),
		"unix_socket_directories": "",
		"log_destination":         "stderr",
		"logging_collector":       "off",
	}
	if !o.Durable {
		// Commits are still written to the system, where a kill does not reach them.
		settings["fsync"] = "off"
		settings["full_page_writes"] = "off"
	}
	var args []string
	for _, given := range []map[string]string{settings, o.Settings} {
		for name, value := range given {
			args = append(args, "-c", name+"="+value)
		}
	}
	return args
}

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

func (s *Server) logPath() string { return filepath.Join(s.dir, "log") }

// create makes the data directory, in a directory that the account owns.
func (s *Server) create() error {
	dir, err := os.MkdirTemp("", "pg")
	if err != nil {
		return fmt.Errorf("create directory: %w", err)
	}
	s.dir = dir
	if err := s.account.own(dir); err != nil {
		return err
	}
	//nolint:noctx // It ends by itself, and leaves nothing that close does not remove.
	initdb := exec.Command(
		s.initdb, "--pgdata="+s.data(), "--username=postgres", "--auth=trust",
		"--encoding=UTF8", "--no-locale", "--no-sync", "--no-instructions",
	)
	initdb.Dir, initdb.SysProcAttr = dir, s.account.attributes()
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("run initdb: %w\n%s", err, out)
	}
	return nil
}

// up starts the server on the data that is there, and returns when it answers.
func (s *Server) up() error {
	log, err := os.OpenFile(s.logPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	//nolint:noctx // The server outlives the context of the test: it is ended in the clean-up.
	cmd := exec.Command(s.postgres, append([]string{"-D", s.data()}, s.settings...)...)
	// A file, unlike a pipe, needs no goroutine that copies.
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Dir, cmd.SysProcAttr = s.dir, s.account.attributes()
	err = cmd.Start()
	if err := errors.Join(err, log.Close()); err != nil {
		return fmt.Errorf("start postgres: %w", err)
	}
	s.process = cmd.Process
	if err := s.await(); err != nil {
		return errors.Join(fmt.Errorf("%w\n%s", err, s.log()), s.kill())
	}
	return nil
}

// log returns what the server has said so far.
func (s *Server) log() string {
	text, err := os.ReadFile(s.logPath())
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// stop ends the server as an operator would: transactions are rolled back, and
// everything is written.
func (s *Server) stop() error {
	if s.process == nil {
		return nil
	}
	if err := s.process.Signal(syscall.SIGINT); err != nil {
		return fmt.Errorf("stop postgres: %w", err)
	}
	return s.reap()
}

// kill ends the server and all its processes at once.
func (s *Server) kill() error {
	if s.process == nil {
		return nil
	}
	// The server stands still while its children are counted, or it would make
	// new ones in place of those that are gone.
	children, err := s.signal(syscall.SIGSTOP)
	for _, pid := range children {
		err = errors.Join(err, send(pid, syscall.SIGKILL))
	}
	return errors.Join(err, s.process.Kill(), s.reap(), gone(children))
}

func (s *Server) reap() error {
	_, err := s.process.Wait()
	s.process = nil
	if err != nil {
		return fmt.Errorf("wait for postgres: %w", err)
	}
	return nil
}

// signal sends a signal to the server, then to its children, and returns these.
func (s *Server) signal(sig syscall.Signal) ([]int, error) {
	if err := s.process.Signal(sig); err != nil {
		return nil, fmt.Errorf("signal postgres: %w", err)
	}
	children, err := childrenOf(s.process.Pid)
	for _, pid := range children {
		err = errors.Join(err, send(pid, sig))
	}
	return children, err
}

// send signals one process, which may have ended by itself.
func send(pid int, sig syscall.Signal) error {
	if err := syscall.Kill(pid, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
		return fmt.Errorf("signal process %d: %w", pid, err)
	}
	return nil
}

// gone waits until processes have ended: the server does not start on data that
// one of them may still write to.
func gone(pids []int) error {
	for _, pid := range pids {
		err := poll(func() error {
			if alive(pid) {
				return fmt.Errorf("process %d is still there", pid)
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// close ends the server and removes its data.
func (s *Server) close() error { return errors.Join(s.stop(), s.remove()) }

func (s *Server) remove() error { return os.RemoveAll(s.dir) }

// poll tries until it succeeds, and returns the last error when that takes too
// long.
func poll(try func() error) error {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); ; <-tick.C {
		err := try()
		if err == nil || time.Now().After(deadline) {
			return err
		}
	}
}
