package faults_test

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"ticker/client"
	"ticker/wire"
)

// reconfigure writes another configuration, none if it is empty, and has it read.
func (p *program) reconfigure(config, result string) {
	p.t.Helper()
	file := filepath.Join(p.dir, "ticker.yaml")
	if err := os.Remove(file); err != nil && !os.IsNotExist(err) {
		p.t.Fatal(err)
	}
	if config != "" {
		if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
			p.t.Fatal(err)
		}
	}
	series := fmt.Sprintf("ticker_config_reloads_total{result=%q}", result)
	before := p.metrics()[series]
	p.signal(syscall.SIGHUP)
	p.awaitMetric(series, func(n float64) bool { return n > before })
}

// mistaken are configurations, each with one mistake, that would change much if they were
// applied in part.
func mistaken(config string) map[string]string {
	spoilt := "log: {level: error}\nlimits: {sessions: 1, per_address: 1, handshakes_per_second: 1}\n" + config
	return map[string]string{
		"half-written":   spoilt + "data: [",
		"unknown key":    spoilt + "listne: 127.0.0.1:0\n",
		"out of range":   spoilt + "shutdown: {timeout: 1h}\n",
		"contradiction":  spoilt + "tls: {cert_file: a.pem}\n",
		"gone":           "",
		"nothing but it": "auth: {mode: keys}\n",
	}
}

func TestReloadsOfTheConfigurationWithMistakesAndWithoutDisturbNoSession(t *testing.T) {
	t.Parallel()
	s := open(t, setup{config: pushConfig})
	for _, config := range mistaken(pushConfig) {
		s.program.reconfigure(config, "error")
		s.comeAndGo(5)
	}
	s.quiet()

	s.program.reconfigure(pushConfig+"limits: {handshakes_per_second: 1}\n", "ok")
	answered := func(status int) func() bool {
		return func() bool { return knock(t, dial(t, s.program.public)) == status }
	}
	await(t, "a handshake is refused", answered(http.StatusServiceUnavailable))
	s.quiet()

	// The interval waits for a restart, and is named; the rest is applied beside it.
	s.program.reconfigure(pushConfig+"fanout: {interval: {default: 1s}}\nlog: {level: debug}\nallowed_origins: ['*']\n", "ok")
	await(t, "a handshake is taken", answered(http.StatusSwitchingProtocols))
	if line := s.program.said("some keys of the configuration wait for a restart"); line["level"] != "WARN" || fmt.Sprint(line["keys"]) != "[fanout.interval.default]" {
		t.Errorf("the log says %v", line)
	}
	s.drained()
	s.quiet()
	s.undisturbed()
}

func TestReloadsOfAPIKeysDisturbOnlyThoseThatAreTakenAway(t *testing.T) {
	t.Parallel()
	lettingIn := func(names ...string) string {
		config := "feeds: ['sim:?symbols=10&rate=100']\nhistory: {url: 'off'}\nauth:\n  mode: keys\n  keys:\n"
		for _, name := range names {
			sum := sha256.Sum256([]byte(name))
			config += fmt.Sprintf("    - {id: %s, sha256: %s}\n", name, hex.EncodeToString(sum[:]))
		}
		return config
	}
	p := start(t, setup{config: lettingIn("kept", "gone")})
	g := attend(t, client.Config{URL: "http://" + p.public, Token: "kept", Codec: wire.MsgPack})
	expect := func(allowed map[string]int) {
		t.Helper()
		for name, want := range allowed {
			if status := judged(t, p, name); status != want {
				t.Errorf("the key %s is answered %d, want %d", name, status, want)
			}
		}
		g.goesOn(t)
	}
	const yes, no = http.StatusOK, http.StatusUnauthorized
	for _, config := range mistaken(lettingIn("new")) {
		p.reconfigure(config, "error")
		expect(map[string]int{"kept": yes, "gone": yes, "new": no})
	}
	p.reconfigure(lettingIn("new", "kept"), "ok")
	expect(map[string]int{"kept": yes, "gone": no, "new": yes})
	p.reconfigure(lettingIn("kept"), "ok")
	expect(map[string]int{"kept": yes, "gone": no, "new": no})
}
