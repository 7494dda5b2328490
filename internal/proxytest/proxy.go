package proxytest

import (
	"context"
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

	"ticker/internal/servertest"
)

// Program is a proxy that can be run.
type Program string

// The programs, by the names of their Debian packages.
const (
	NGINX   Program = "nginx"
	HAProxy Program = "haproxy"
)

// Options say how a proxy runs.
type Options struct {
	Program Program
	// Config is the text of its configuration file.
	Config string
	// Replace are texts of Config, each of which must be there, and what they are
	// replaced by, everywhere. In the latter {dir} is the directory of the proxy,
	// {port0} its first port, {port1} the next.
	Replace map[string]string
	// Ports is how many it listens on, at least 1. The first is that of Addr.
	Ports int
	// Files are put into its directory, by name.
	Files map[string]string
}

// Proxy is a proxy of its own.
type Proxy struct {
	*servertest.Process
	ports []int
	dir   string
}

// Start starts a proxy, and ends it with the test.
func Start(tb testing.TB, o Options) *Proxy {
	tb.Helper()
	return servertest.Start(tb, o)
}

// Launch starts a proxy that runs until it is closed.
func (o Options) Launch() (*Proxy, error) {
	p, program, err := o.prepare()
	if err != nil {
		return nil, err
	}
	p.Process, err = servertest.Launch(program)
	return p, err
}

// Verify has the program check its configuration, and returns what it says.
func Verify(ctx context.Context, o Options) (said string, err error) {
	p, program, err := o.prepare()
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(p.dir)) }()
	for name, text := range program.Files {
		if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o600); err != nil {
			return "", fmt.Errorf("write configuration: %w", err)
		}
	}
	check := map[Program]string{NGINX: "-t", HAProxy: "-c"}[o.Program]
	cmd := exec.CommandContext(ctx, program.Path, append(program.Args, check)...) //nolint:gosec // It is a program of the test.
	cmd.Dir = p.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("check configuration: %w\n%s", err, out)
	}
	return string(out), nil
}

// prepare makes the proxy's directory and says how it is run. If it fails, nothing is
// left.
func (o Options) prepare() (*Proxy, servertest.Program, error) {
	path, err := servertest.Find(string(o.Program), string(o.Program), "/usr/sbin/"+string(o.Program))
	if err != nil {
		return nil, servertest.Program{}, err
	}
	p := &Proxy{}
	if p.ports, err = servertest.FreePorts(max(o.Ports, 1)); err != nil {
		return nil, servertest.Program{}, err
	}
	if p.dir, err = os.MkdirTemp("", string(o.Program)); err != nil {
		return nil, servertest.Program{}, fmt.Errorf("create directory: %w", err)
	}
	config, err := o.config(p)
	if err != nil {
		return nil, servertest.Program{}, errors.Join(err, os.RemoveAll(p.dir))
	}
	program := servertest.Program{
		Path: path, Args: o.arguments(p.dir), Dir: p.dir, Files: map[string]string{configName: config},
		Port: p.ports[0], Answers: accepts,
		// The workers of nginx outlive it unless it is told to end.
		Orphan: syscall.SIGTERM,
	}
	for name, text := range o.Files {
		program.Files[name] = text
	}
	return p, program, nil
}

const configName = "proxy.conf"

func (o Options) arguments(dir string) []string {
	file := filepath.Join(dir, configName)
	if o.Program == NGINX {
		return []string{"-p", dir, "-e", filepath.Join(dir, "error.log"), "-c", file, "-g", "daemon off;"}
	}
	return []string{"-db", "-f", file}
}

// config is the text of the configuration with everything replaced.
func (o Options) config(p *Proxy) (string, error) {
	places := []string{"{dir}", p.dir}
	for i, port := range p.ports {
		places = append(places, fmt.Sprintf("{port%d}", i), strconv.Itoa(port))
	}
	fill := strings.NewReplacer(places...)
	var pairs []string
	for was, is := range o.Replace {
		if !strings.Contains(o.Config, was) {
			return "", fmt.Errorf("replace %q: it is not in the configuration", was)
		}
		pairs = append(pairs, was, fill.Replace(is))
	}
	return strings.NewReplacer(pairs...).Replace(o.Config), nil
}

func accepts(ctx context.Context, addr string) error {
	dialer := net.Dialer{}
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	return conn.Close()
}

// PortAddr returns the address of one of the proxy's ports, which count from 0.
func (p *Proxy) PortAddr(i int) string { return servertest.Addr(p.ports[i]) }

// File returns what is in a file of the proxy's directory.
func (p *Proxy) File(name string) (string, error) {
	text, err := os.ReadFile(filepath.Join(p.dir, name))
	if err != nil {
		return "", fmt.Errorf("read file: %w", err)
	}
	return string(text), nil
}
