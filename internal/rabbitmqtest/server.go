package rabbitmqtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"ticker/internal/servertest"
)

// user and password are what the server asks for. A blank has to be escaped in an
// address, and a password to be kept out of logs.
const user, password = "ticker", "open sesame"

// Options say how a server runs.
type Options struct {
	// Settings are further lines of rabbitmq.conf, by name.
	Settings map[string]string
}

// Server is a RabbitMQ server of its own, with its data.
type Server struct {
	*servertest.Process
	mapper *servertest.Process // stays over restarts of the node
	ports  []int               // of the clients, of other nodes, of the port mapper
}

// Shared is one server for the tests of a package.
type Shared = servertest.Shared[*Server, Options]

// Start starts a server, and ends it with the test.
func Start(tb testing.TB, o Options) *Server {
	tb.Helper()
	return servertest.Start(tb, o)
}

// Launch starts a server that runs until it is closed.
func (o Options) Launch() (*Server, error) {
	// What Debian has in the path would change the user, and write to the directories
	// of the installation.
	path, err := servertest.Find("rabbitmq-server", "/usr/lib/rabbitmq/bin/rabbitmq-server", "rabbitmq-server")
	if err != nil {
		return nil, err
	}
	ports, err := servertest.FreePorts(3)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "rabbitmq")
	if err != nil {
		return nil, fmt.Errorf("create directory: %w", err)
	}
	mapper, err := servertest.Launch(servertest.Program{
		Path: "epmd", Args: []string{"-port", strconv.Itoa(ports[2]), "-address", "127.0.0.1"}, Dir: dir,
		Port: ports[2], Answers: mapsPorts,
	})
	if err != nil {
		return nil, err
	}
	node, err := servertest.Launch(servertest.Program{
		Path: path, Env: environment(dir, ports), Dir: dir, Files: o.files(ports[0]),
		Port: ports[0], Answers: answers,
	})
	if err != nil {
		return nil, errors.Join(err, mapper.Close())
	}
	return &Server{Process: node, mapper: mapper, ports: ports}, nil
}

// Close ends the server and removes its data.
func (s *Server) Close() error { return errors.Join(s.Process.Close(), s.mapper.Close()) }

// mapsPorts wants the first half of a port mapper's own port for the question which
// names it knows.
func mapsPorts(ctx context.Context, addr string) error {
	return servertest.Ask(ctx, addr, "\x00\x01n", "\x00\x00")
}

// answers wants the first byte of a frame of type 1, a method, for a header of the
// protocol.
func answers(ctx context.Context, addr string) error {
	return servertest.Ask(ctx, addr, "AMQP\x00\x00\x09\x01", "\x01")
}

// files are those that the server reads. Limits of memory and disk are such that a
// small machine does not stop it.
func (o Options) files(port int) map[string]string {
	settings := map[string]string{
		"listeners.tcp.1":                   servertest.Addr(port),
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
	return map[string]string{"rabbitmq.conf": text.String(), "plugins": "[].", "env.conf": ""}
}

// environment keeps the server out of the directories of the installation, and on
// the loopback address. Under systemd's name the script becomes the server, so that
// there is no shell between the test and what it signals.
func environment(dir string, ports []int) []string {
	path := func(name string) string { return filepath.Join(dir, name) }
	return append(os.Environ(),
		"RUNNING_UNDER_SYSTEMD=true",
		"HOME="+dir, // of the cookie
		fmt.Sprintf("RABBITMQ_NODENAME=ticker%d@localhost", ports[0]),
		fmt.Sprintf("RABBITMQ_DIST_PORT=%d", ports[1]),
		fmt.Sprintf("ERL_EPMD_PORT=%d", ports[2]),
		"ERL_EPMD_ADDRESS=127.0.0.1",
		"RABBITMQ_MNESIA_BASE="+path("data"),
		"RABBITMQ_LOG_BASE="+path("logs"),
		"RABBITMQ_CONFIG_FILE="+path("rabbitmq.conf"),
		"RABBITMQ_ADVANCED_CONFIG_FILE="+path("advanced.config"),
		"RABBITMQ_CONF_ENV_FILE="+path("env.conf"),
		"RABBITMQ_ENABLED_PLUGINS_FILE="+path("plugins"),
		"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=+S 1:1 +SDio 1 +sbwt none -kernel inet_dist_use_interface {127,0,0,1}",
	)
}

// URL returns the address of the server's first virtual host, with user and
// password.
func (s *Server) URL() string {
	u := url.URL{Scheme: "amqp", User: url.UserPassword(user, password), Host: s.Addr(), Path: "/"}
	return u.String()
}
