package faults_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// setup says how a program is run.
type setup struct {
	config string   // YAML
	args   []string // further arguments of serve
	host   string   // where it listens, the loopback address if empty
	// stderr takes its log instead of a file.
	stderr *os.File
	// prefix are a command and its arguments that end by starting the program.
	prefix []string
}

// program is a service in a process of its own. It may be started again, on the
// same addresses and data.
type program struct {
	t     *testing.T
	setup setup
	dir   string
	web   *http.Client

	cmd           *exec.Cmd
	ended         chan struct{} // closed when the process has ended
	public, admin string        // host:port each
}

// start runs a program until the test ends, and returns when it serves.
func start(t *testing.T, s setup) *program {
	t.Helper()
	p := launch(t, s)
	p.serving()
	return p
}

// launch runs a program until the test ends.
func launch(t *testing.T, s setup) *program {
	t.Helper()
	if s.host == "" {
		s.host = "127.0.0.1"
	} else {
		s.config += "admin_public: true\n" // the network is the test's own
	}
	transport := &http.Transport{MaxIdleConnsPerHost: 4}
	p := &program{t: t, setup: s, dir: t.TempDir(), web: &http.Client{Transport: transport, Timeout: patience}}
	p.public, p.admin = s.host+":0", s.host+":0"
	p.begin()
	t.Cleanup(func() {
		p.kill()
		transport.CloseIdleConnections()
		if t.Failed() {
			t.Logf("the log of the program:\n%s", tail(p.log(), 40))
		}
	})
	return p
}

// begin starts the process.
func (p *program) begin() {
	p.t.Helper()
	config := filepath.Join(p.dir, "ticker.yaml")
	if err := os.WriteFile(config, []byte(p.setup.config), 0o600); err != nil {
		p.t.Fatal(err)
	}
	line := append(append([]string(nil), p.setup.prefix...), binary(p.t), "serve", "--config", config,
		"--data", filepath.Join(p.dir, "data"), "--listen", p.public, "--admin", p.admin)
	line = append(line, p.setup.args...)
	log := p.setup.stderr
	if log == nil {
		file, err := os.OpenFile(p.logPath(), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
		if err != nil {
			p.t.Fatal(err)
		}
		defer file.Close() //nolint:errcheck // the process has it
		log = file
	}
	//nolint:gosec // it is the program that is tested
	cmd := exec.CommandContext(context.WithoutCancel(p.t.Context()), line[0], line[1:]...)
	cmd.Dir, cmd.Stderr = p.dir, log
	if err := cmd.Start(); err != nil {
		p.t.Fatal(err)
	}
	ended := make(chan struct{})
	p.cmd, p.ended = cmd, ended
	go func() { // ends with the process, which the test's end kills and waits for
		defer close(ended)
		_ = cmd.Wait() // its state tells how it ended
	}()
}

func (p *program) logPath() string { return filepath.Join(p.dir, "log") }

func (p *program) log() string {
	text, err := os.ReadFile(p.logPath())
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func tail(text string, lines int) string {
	all := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(all[max(0, len(all)-lines):], "\n")
}

// said returns the line of the log with a message, nil if there is none yet.
func (p *program) said(message string) map[string]any {
	scan := bufio.NewScanner(strings.NewReader(p.log()))
	scan.Buffer(nil, 1<<20)
	for scan.Scan() {
		var line map[string]any
		if json.Unmarshal(scan.Bytes(), &line) == nil && line["msg"] == message {
			return line
		}
	}
	return nil
}

// serving waits until the program serves, and notes where. The port of another test
// may be in the way of one that comes back: then it tries again.
func (p *program) serving() {
	p.t.Helper()
	await(p.t, "the program serves", func() bool {
		if p.gone() {
			if !strings.Contains(p.log(), "address already in use") {
				p.t.Fatalf("the program ended: %v\n%s", p.cmd.ProcessState, p.log())
			}
			p.begin()
		}
		line := p.said("serving")
		if line == nil {
			return false
		}
		p.public = hostOf(line["dashboard"])
		p.admin = hostOf(line["admin"])
		return true
	})
}

func hostOf(address any) string {
	_, rest, _ := strings.Cut(fmt.Sprint(address), "://")
	host, _, _ := strings.Cut(rest, "/")
	return host
}

func (p *program) gone() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// kill ends the process at once, if it runs, and waits for its end.
func (p *program) kill() {
	_ = p.cmd.Process.Kill() // it may have ended
	<-p.ended
}

func (p *program) signal(sig syscall.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.t.Fatal(err)
	}
}

// end waits for the end of the process, and returns its exit code, -1 for a
// signal.
func (p *program) end() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatal("the program does not end")
	}
	return p.cmd.ProcessState.ExitCode()
}

// again starts a program that has ended on the same addresses and data.
func (p *program) again() {
	p.t.Helper()
	p.begin()
	p.serving()
}

// ask makes a request, and returns the status and the text of the answer; an error
// is status 0.
func (p *program) ask(method, url, body string) (int, string) {
	p.t.Helper()
	req, err := http.NewRequestWithContext(p.t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		p.t.Fatal(err)
	}
	answer, err := p.web.Do(req)
	if err != nil {
		return 0, err.Error()
	}
	text, err := io.ReadAll(answer.Body)
	if err := errors.Join(err, answer.Body.Close()); err != nil {
		return 0, err.Error()
	}
	return answer.StatusCode, string(text)
}

func (p *program) get(path string) (int, string) {
	p.t.Helper()
	return p.ask(http.MethodGet, "http://"+p.public+path, "")
}

func (p *program) push(body string) (int, string) {
	p.t.Helper()
	return p.ask(http.MethodPost, "http://"+p.public+"/v1/quotes", body)
}

// ready returns whether the program says that it is ready, and else why not.
func (p *program) ready() (bool, string) {
	p.t.Helper()
	status, text := p.ask(http.MethodGet, "http://"+p.admin+"/readyz", "")
	return status == http.StatusOK, text
}

func (p *program) awaitReady() {
	p.t.Helper()
	await(p.t, "the program is ready", func() bool { ok, _ := p.ready(); return ok })
}

// metrics returns all series with their values. Those of a process that is gone
// are none.
func (p *program) metrics() map[string]float64 {
	p.t.Helper()
	_, text := p.ask(http.MethodGet, "http://"+p.admin+"/metrics", "")
	series := make(map[string]float64)
	for line := range strings.Lines(text) {
		cut := strings.LastIndexByte(line, ' ')
		if cut < 0 || strings.HasPrefix(line, "#") {
			continue
		}
		if value, err := strconv.ParseFloat(strings.TrimSpace(line[cut:]), 64); err == nil {
			series[line[:cut]] = value
		}
	}
	return series
}

// awaitMetric waits until a series has a value that is wanted.
func (p *program) awaitMetric(series string, wanted func(float64) bool) {
	p.t.Helper()
	family, _, _ := strings.Cut(series, "{")
	var got map[string]float64
	defer func() {
		if p.t.Failed() {
			maps.DeleteFunc(got, func(name string, _ float64) bool { return !strings.HasPrefix(name, family) })
			p.t.Logf("the last were %v", got)
		}
	}()
	await(p.t, series, func() bool {
		got = p.metrics()
		value, ok := got[series]
		return ok && wanted(value)
	})
}

// resident returns the memory of the process that is in use, in bytes.
func (p *program) resident() float64 { return p.metrics()["process_resident_memory_bytes"] }

// dial opens a bare connection to an address of the program.
func dial(t *testing.T, address string) net.Conn {
	t.Helper()
	dialer := net.Dialer{Timeout: patience}
	conn, err := dialer.DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() }) // whatever became of it
	return conn
}
