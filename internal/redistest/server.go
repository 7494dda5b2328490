package redistest

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for the server. Only failures wait it out.
const patience = 60 * time.Second

// Options say how a server runs.
type Options struct {
	// Persist keeps the data over a restart and a kill. Every write is in the hands
	// of the system before it is answered, so that a kill takes nothing with it.
	// Otherwise a restarted server is empty.
	Persist bool
	// Password is asked for; empty lets everybody in.
	Password string
	// Settings are further lines of redis.conf, by name.
	Settings map[string]string
}

// Server is a Redis server of its own, with its data.
type Server struct {
	options Options
	program string
	dir     string // of the data and the log
	port    int
	process *os.Process // nil if it does not run
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

// launch makes the directory of a server and starts it.
func launch(o Options) (*Server, error) {
	program, err := exec.LookPath("redis-server")
	if err != nil {
		return nil, errors.New("these tests need Redis: no redis-server in the path; install the Debian package redis-server")
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "redis")
	if err != nil {
		return nil, fmt.Errorf("create directory: %w", err)
	}
	s := &Server{options: o, program: program, dir: dir, port: port}
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

// Addr returns the server's host and port.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.port)) }

// URL returns the address of the server, with its password.
func (s *Server) URL() string {
	u := url.URL{Scheme: "redis", Host: s.Addr()}
	if s.options.Password != "" {
		u.User = url.UserPassword("default", s.options.Password)
	}
	return u.String()
}

// up starts the server on the data that is there, and returns when it answers.
func (s *Server) up() error {
	log, err := os.OpenFile(s.logPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	//nolint:noctx // The server outlives the context of the test: it is ended in the clean-up.
	cmd := exec.Command(s.program, s.arguments()...)
	// A file, unlike a pipe, needs no goroutine that copies.
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Dir, cmd.SysProcAttr = s.dir, attributes()
	err = cmd.Start()
	if err := errors.Join(err, log.Close()); err != nil {
		return fmt.Errorf("start redis: %w", err)
	}
	s.process = cmd.Process
	if err := s.await(); err != nil {
		return errors.Join(fmt.Errorf("%w\n%s", err, s.log()), s.kill())
	}
	return nil
}

func (s *Server) arguments() []string {
	aof := "no"
	if s.options.Persist {
		aof = "yes"
	}
	args := []string{
		"--bind", "127.0.0.1", "--port", strconv.Itoa(s.port), "--dir", s.dir, "--save", "",
		"--appendonly", aof, "--appendfsync", "no", "--requirepass", s.options.Password,
	}
	for name, value := range s.options.Settings {
		args = append(args, "--"+name, value)
	}
	return args
}

// await waits until the server answers, or has ended instead.
func (s *Server) await() error {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); ; <-tick.C {
		err := s.ping()
		if err == nil {
			return nil
		}
		if err := s.ended(); err != nil {
			return err
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("wait for redis: %w", err)
		}
	}
}

// ended reports a server that ended by itself, and reaps it.
func (s *Server) ended() error {
	var status syscall.WaitStatus
	pid, err := syscall.Wait4(s.process.Pid, &status, syscall.WNOHANG, nil)
	if pid != s.process.Pid {
		return err
	}
	err = s.process.Release()
	s.process = nil
	return errors.Join(fmt.Errorf("redis ended with code %d", status.ExitStatus()), err)
}

// ping asks for an answer. Being told to log in is one, being told to wait until
// the data are loaded is not.
func (s *Server) ping() error {
	//nolint:noctx // The deadline bounds it.
	conn, err := net.DialTimeout("tcp", s.Addr(), patience)
	if err != nil {
		return err
	}
	answer := make([]byte, 64)
	n := 0
	if err = conn.SetDeadline(time.Now().Add(patience)); err == nil {
		_, err = conn.Write([]byte("PING\r\n"))
	}
	if err == nil {
		n, err = conn.Read(answer)
	}
	if err := errors.Join(err, conn.Close()); err != nil {
		return err
	}
	if answer = answer[:n]; !bytes.HasPrefix(answer, []byte("+PONG")) && !bytes.HasPrefix(answer, []byte("-NOAUTH")) {
		return fmt.Errorf("redis answers %q", answer)
	}
	return nil
}

func (s *Server) logPath() string { return filepath.Join(s.dir, "log") }

// log returns what the server has said so far.
func (s *Server) log() string {
	text, err := os.ReadFile(s.logPath())
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func (s *Server) stop() error { return s.end(syscall.SIGTERM) }

func (s *Server) kill() error { return s.end(syscall.SIGKILL) }

// end sends a signal that ends the server, if it runs, and waits for it.
func (s *Server) end(sig syscall.Signal) error {
	if s.process == nil {
		return nil
	}
	if err := s.signal(sig); err != nil {
		return err
	}
	_, err := s.process.Wait()
	s.process = nil
	if err != nil {
		return fmt.Errorf("wait for redis: %w", err)
	}
	return nil
}

func (s *Server) signal(sig syscall.Signal) error {
	if err := s.process.Signal(sig); err != nil {
		return fmt.Errorf("signal redis: %w", err)
	}
	return nil
}

// close ends the server and removes its data.
func (s *Server) close() error { return errors.Join(s.kill(), s.remove()) }

func (s *Server) remove() error { return os.RemoveAll(s.dir) }
