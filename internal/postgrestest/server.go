package postgrestest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"

	"ticker/internal/servertest"
)

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
	*servertest.Process
	databases atomic.Int64
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
	programs, err := findPrograms()
	if err != nil {
		return nil, err
	}
	account, err := findAccount()
	if err != nil {
		return nil, err
	}
	ports, err := servertest.FreePorts(1)
	if err != nil {
		return nil, err
	}
	dir, err := create(programs.initdb, account)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	process, err := servertest.Launch(servertest.Program{
		Path: programs.postgres, Args: o.arguments(ports[0]), Dir: dir, Port: ports[0], Answers: answers,
		Account: account.Credential,
		// These are the fast and the immediate shutdown. Unlike a kill, both give back
		// memory that is shared.
		Stop: syscall.SIGINT, Orphan: syscall.SIGQUIT,
	})
	return &Server{Process: process}, err
}

// arguments spells the settings of a server. Without sockets in the file system
// the length of the path does not matter.
func (o Options) arguments(port int) []string {
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
	args := []string{"-D", "data"}
	for _, given := range []map[string]string{settings, o.Settings} {
		for name, value := range given {
			args = append(args, "-c", name+"="+value)
		}
	}
	return args
}

// create makes the data of a server, in a directory that its account owns.
func create(initdb string, account account) (dir string, err error) {
	dir, err = os.MkdirTemp("", "pg")
	if err != nil {
		return "", fmt.Errorf("create directory: %w", err)
	}
	if err := account.own(dir); err != nil {
		return dir, err
	}
	//nolint:noctx // It ends by itself, and leaves nothing outside of the directory.
	cmd := exec.Command(
		initdb, "--pgdata=data", "--username=postgres", "--auth=trust",
		"--encoding=UTF8", "--no-locale", "--no-sync", "--no-instructions",
	)
	cmd.Dir, cmd.SysProcAttr = dir, &syscall.SysProcAttr{Credential: account.Credential}
	if out, err := cmd.CombinedOutput(); err != nil {
		return dir, fmt.Errorf("run initdb: %w\n%s", err, out)
	}
	return dir, nil
}
