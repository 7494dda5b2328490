package rabbitmqtest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const (
	// patience bounds every wait for the server. Only failures wait it out.
	patience = 90 * time.Second

	// user and password are what the server asks for. A blank has to be escaped in
	// an address, and a password to be kept out of logs.
	user, password = "ticker", "open sesame"

	logName = "log"
)

// Options say how a server runs.
type Options struct {
	// Settings are further lines of rabbitmq.conf, by name.
	Settings map[string]string
}

// Server is a RabbitMQ server of its own, with its data.
type Server struct {
	program string
	dir     string // of the data and the log
	ports   [3]int // of the clients, of other nodes, of the port mapper
	mapper  process
	node    process
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
	program, err := findProgram()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "rabbitmq")
	if err != nil {
		return nil, fmt.Errorf("create directory: %w", err)
	}
	s := &Server{program: program, dir: dir}
	if err := errors.Join(s.findPorts(), s.configure(o), s.mapPorts()); err != nil {
		return nil, errors.Join(err, s.close())
	}
	if err := s.up(); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// findProgram prefers the program itself to what Debian has in the path: that one
// would change the user, and write to the directories of the installation.
func findProgram() (string, error) {
	const debian = "/usr/lib/rabbitmq/bin/rabbitmq-server"
	if _, err := os.Stat(debian); err == nil {
		return debian, nil
	}
	if path, err := exec.LookPath("rabbitmq-server"); err == nil {
		return path, nil
	}
	return "", errors.New("these tests need RabbitMQ: neither " + debian +
		" nor rabbitmq-server in the path; install the Debian package rabbitmq-server")
}

// findPorts finds ports of the loopback address that nobody listens on. All are
// held while the next is looked for, so that they differ.
func (s *Server) findPorts() (err error) {
	for i := range s.ports {
		l, listenErr := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if listenErr != nil {
			return fmt.Errorf("find free port: %w", listenErr)
		}
		defer func() { err = errors.Join(err, l.Close()) }()
		s.ports[i] = l.Addr().(*net.TCPAddr).Port
	}
	return nil
}

// configure writes the files that the server reads. Limits of memory and disk are
// such that a small machine does not stop it.
func (s *Server) configure(o Options) error {
	settings := map[string]string{
		"listeners.tcp.1":                   s.Addr(),
		"default_user":                      user,
		"default_pass":                      password,
		"log.console":                       "true",
		"log.file":                          "false",
		"vm_memory_high_watermark.absolute": "512MB",
		"disk_free_limit.absolute":          "1MB",
	}
	maps.Copy(settings, o.Settings)
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(settings)) {
		fmt.Fprintf(&text, "%s = %s\n", name, settings[name])
	}
	return errors.Join(
		os.WriteFile(s.path("rabbitmq.conf"), []byte(text.String()), 0o600),
		os.WriteFile(s.path("plugins"), []byte("[]."), 0o600),
		os.WriteFile(s.path("env.conf"), nil, 0o600),
	)
}

func (s *Server) path(name string) string { return filepath.Join(s.dir, name) }

// environment keeps the server out of the directories of the installation, and on
// the loopback address. Under systemd's name the script becomes the server, so that
// there is no shell between the test and what it signals.
func (s *Server) environment() []string {
	return append(os.Environ(),
		"RUNNING_UNDER_SYSTEMD=true",
		"HOME="+s.dir, // of the cookie
		fmt.Sprintf("RABBITMQ_NODENAME=ticker%d@localhost", s.ports[0]),
		fmt.Sprintf("RABBITMQ_DIST_PORT=%d", s.ports[1]),
		fmt.Sprintf("ERL_EPMD_PORT=%d", s.ports[2]),
		"ERL_EPMD_ADDRESS=127.0.0.1",
		"RABBITMQ_MNESIA_BASE="+s.path("data"),
		"RABBITMQ_LOG_BASE="+s.path("logs"),
		"RABBITMQ_CONFIG_FILE="+s.path("rabbitmq.conf"),
		"RABBITMQ_ADVANCED_CONFIG_FILE="+s.path("advanced.config"),
		"RABBITMQ_CONF_ENV_FILE="+s.path("env.conf"),
		"RABBITMQ_ENABLED_PLUGINS_FILE="+s.path("plugins"),
		"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=+S 1:1 +SDio 1 +sbwt none -kernel inet_dist_use_interface {127,0,0,1}",
	)
}

// mapPorts starts the port mapper, which stays over restarts of the node.
func (s *Server) mapPorts() error {
	//nolint:noctx // It outlives the context of the test: it is ended in the clean-up.
	cmd := exec.Command("epmd", "-port", strconv.Itoa(s.ports[2]), "-address", "127.0.0.1")
	cmd.Dir = s.dir
	if err := s.mapper.start(cmd); err != nil {
		return err
	}
	return s.await(&s.mapper, func() error { return exchange(s.ports[2], "", 0) })
}

// up starts the node on the data that is there, and returns when it answers.
func (s *Server) up() error {
	//nolint:noctx // It outlives the context of the test: it is ended in the clean-up.
	cmd := exec.Command(s.program)
	cmd.Dir, cmd.Env = s.dir, s.environment()
	if err := s.node.start(cmd); err != nil {
		return err
	}
	// The first frame of a server is of type 1, a method.
	return s.await(&s.node, func() error { return exchange(s.ports[0], "AMQP\x00\x00\x09\x01", 1) })
}

// await tries until a process answers, or has ended instead.
func (s *Server) await(p *process, try func() error) error {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(patience); ; <-tick.C {
		err := try()
		if err == nil {
			return nil
		}
		if err := p.ended(); err != nil {
			return fmt.Errorf("%w\n%s", err, s.log())
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("wait for rabbitmq: %w\n%s", err, s.log())
		}
	}
}

// exchange connects to a port of the loopback address, says something, and wants a
// first byte for it. Saying nothing wants nothing.
func exchange(port int, say string, want byte) error {
	//nolint:noctx // The deadline bounds it.
	conn, err := net.DialTimeout("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)), patience)
	if err != nil || say == "" {
		return errors.Join(err, closed(conn))
	}
	answer := []byte{want}
	if err = conn.SetDeadline(time.Now().Add(patience)); err == nil {
		_, err = conn.Write([]byte(say))
	}
	if err == nil {
		_, err = io.ReadFull(conn, answer)
	}
	if err == nil && !bytes.Equal(answer, []byte{want}) {
		err = fmt.Errorf("port %d answers %d", port, answer)
	}
	return errors.Join(err, closed(conn))
}

func closed(conn net.Conn) error {
	if conn == nil {
		return nil
	}
	return conn.Close()
}

// log returns what the server has said so far.
func (s *Server) log() string {
	text, err := os.ReadFile(s.path(logName))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// Addr returns the server's host and port.
func (s *Server) Addr() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.ports[0])) }

// URL returns the address of the server's first virtual host, with user and
// password.
func (s *Server) URL() string {
	u := url.URL{Scheme: "amqp", User: url.UserPassword(user, password), Host: s.Addr(), Path: "/"}
	return u.String()
}

// close ends the server and removes its data.
func (s *Server) close() error {
	return errors.Join(s.node.end(syscall.SIGKILL), s.mapper.end(syscall.SIGKILL), os.RemoveAll(s.dir))
}
