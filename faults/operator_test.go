package faults_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestALogThatNobodyReadsDelaysNoClient(t *testing.T) {
	t.Parallel()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close() //nolint:errcheck // it was only read
	p := launch(t, setup{
		config: pushConfig + "log: {level: debug}\nlimits: {handshakes_per_second: 10000}\n", stderr: w,
	})
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(r)
	for p.public == "127.0.0.1:0" && lines.Scan() {
		var line map[string]any
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		if line["msg"] == "serving" {
			p.public, p.admin = hostOf(line["dashboard"]), hostOf(line["admin"])
		}
	}
	// From here on nobody reads. Every session that ends says so.
	s := load(t, p)
	for lost := 0.0; lost == 0; lost = p.metrics()["ticker_log_lines_lost_total"] {
		s.comeAndGo(300)
	}
	s.drained()
	s.quiet()
	s.undisturbed()
}

// pester asks the admin listener for what is long, and reads none of it.
func (s *stage) pester() {
	s.t.Helper()
	var hung []net.Conn
	for range 10 {
		conn := dial(s.t, s.program.admin)
		const often = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"
		if _, err := io.WriteString(conn, strings.Repeat(often, 20)+"GET /debug/pprof/profile?seconds=3 HTTP/1.1\r\nHost: localhost\r\n\r\n"); err != nil {
			s.t.Fatal(err)
		}
		hung = append(hung, conn)
	}
	s.quiet()
	if status, _ := s.program.ask(http.MethodGet, "http://"+s.program.admin+"/healthz", ""); status != http.StatusOK {
		s.t.Errorf("beside hung scrapes /healthz answers %d", status)
	}
	status, _ := s.program.ask(http.MethodGet, "http://"+s.program.admin+"/debug/pprof/profile?seconds=1", "")
	if status != http.StatusOK && status != http.StatusInternalServerError { // one at a time
		s.t.Errorf("beside hung scrapes a profile is answered %d", status)
	}
	s.quiet()
	hangUp(hung)
	s.program.awaitReady()
	s.undisturbed()
}

func TestScrapesThatHangAndProfilesDelayNoClient(t *testing.T) {
	t.Parallel()
	open(t, setup{config: pushConfig}).pester()
}

func TestAMistakeInTheConfigurationEndsTheStartWithItsPlace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, c := range map[string]struct{ config, says string }{
		"unknown key":               {"listne: 127.0.0.1:0", "listen"},
		"no unit":                   {"shutdown: {timeout: 10}", "shutdown.timeout"},
		"out of range":              {"limits: {sessions: 0}", "limits.sessions"},
		"no authentication":         {"listen: 0.0.0.0:0", "auth.mode"},
		"certificate without a key": {"tls: {cert_file: a.pem}", "tls"},
		"unknown kind of feed":      {"feeds: ['smi:']", "smi"},
		"no YAML":                   {"a: [", "ticker.yaml"},
		"anchor":                    {"data: &a x\nlisten: *a", "anchors"},
		"no such file":              {"", "no such file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(dir, strings.ReplaceAll(name, " ", "-"), "ticker.yaml")
			if c.config != "" {
				if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(file, []byte(c.config), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			//nolint:gosec // it is the program that is tested
			cmd := exec.CommandContext(t.Context(), binary(t), "serve", "--config", file)
			out, err := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); err == nil || code != 2 {
				t.Errorf("exit code %d: %s", code, out)
			}
			if text := strings.TrimSpace(string(out)); !strings.Contains(text, c.says) || strings.Count(text, "\n") > 0 {
				t.Errorf("it says %q, and nothing of %q in one line", text, c.says)
			}
		})
	}
}
