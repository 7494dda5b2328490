package deploy

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
)

// decode reads YAML that may hold nothing that a type does not know.
func decode(t *testing.T, name, text string, into any) {
	t.Helper()
	if err := yaml.UnmarshalWithOptions([]byte(text), into, yaml.Strict()); err != nil {
		t.Fatalf("%s: %s", name, yaml.FormatError(err, false, true))
	}
}

// settings are those of the program's settings that files here depend on.
type settings struct {
	Listen, Admin string
	Shutdown      struct{ Timeout string }
	Limits        struct {
		Sessions int
		Stall    string
	}
	Fanout  struct{ Heartbeat string }
	Relay   struct{ URL, Role string }
	Proxies []string
}

// effective is what a configuration file and an environment come to. The program must
// find no mistake in either.
func effective(t *testing.T, config string, environ ...string) settings {
	t.Helper()
	file := filepath.Join(t.TempDir(), "ticker.yaml")
	must(t, os.WriteFile(file, []byte(config), 0o600))
	program(t, nil, "config", "check", file)
	var s settings
	must(t, yaml.Unmarshal([]byte(program(t, environ, "config", "print", "--config", file)), &s))
	return s
}

// expectPlace expects a node to have a role in the relay that NATS carries.
func (s *settings) expectPlace(t *testing.T, name, role string) {
	t.Helper()
	if s.Relay.URL != "nats://nats:4222" || s.Relay.Role != role {
		t.Errorf("%s is %q by %q, want %s by NATS", name, s.Relay.Role, s.Relay.URL, role)
	}
}

func duration(t *testing.T, text string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(text)
	must(t, err)
	return d
}

// expectArguments expects the program to know a subcommand and its flags.
func expectArguments(t *testing.T, args []string) {
	t.Helper()
	if len(args) == 0 || args[0] != "serve" {
		t.Errorf("the program is run as %q", args)
		return
	}
	usage := program(t, nil, "serve", "-h")
	for _, arg := range args[1:] {
		if strings.HasPrefix(arg, "-") && !strings.Contains(usage, "   "+arg+" ") {
			t.Errorf("serve has no flag %s", arg)
		}
	}
}

func TestTheTimesOfTheProxiesFitThoseOfTheProgram(t *testing.T) {
	t.Parallel()
	s := effective(t, "")
	patience := regexp.MustCompile(`(?m)^\s*(?:proxy_read_timeout|proxy_send_timeout|send_timeout|timeout (?:client|server|tunnel))\s+(\w+)`)
	const poll = time.Minute // the longest wait of one
	longest := max(duration(t, s.Fanout.Heartbeat), duration(t, s.Limits.Stall), poll)
	for _, name := range []string{"nginx.conf", "haproxy.cfg"} {
		found := patience.FindAllStringSubmatch(shipped(t, name), -1)
		if len(found) != 3 {
			t.Errorf("%s: %d time-outs, want 3", name, len(found))
		}
		for _, f := range found {
			if got := duration(t, f[1]); got <= longest {
				t.Errorf("%s: %s, want more than %v", name, strings.TrimSpace(f[0]), longest)
			}
		}
	}
}

// unitSettings are the lines of a unit, by name. Of those that come again the last
// counts.
func unitSettings(text string) map[string]string {
	found := make(map[string]string)
	for line := range strings.Lines(text) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(name, "#") {
			found[name] = value
		}
	}
	return found
}

func TestTheUnitIsValidAndClosed(t *testing.T) {
	t.Parallel()
	path, err := builtProgram()
	must(t, err)
	file := filepath.Join(t.TempDir(), "ticker.service")
	unit := strings.Replace(shipped(t, "ticker.service"), "ExecStart=/usr/local/bin/ticker ", "ExecStart="+path+" ", 1)
	must(t, os.WriteFile(file, []byte(unit), 0o600))
	if said, err := tool(t, "systemd-analyze", "verify", file); err != nil || said != "" {
		t.Errorf("systemd finds mistakes: %v\n%s", err, said)
	}
	// From 0 to 100, which is without any protection.
	if said, err := tool(t, "systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=15", file); err != nil {
		t.Errorf("it is exposed: %v\n%s", err, said)
	}
}

func TestTheUnitGivesTheProgramWhatItNeeds(t *testing.T) {
	t.Parallel()
	s, unit := effective(t, ""), unitSettings(shipped(t, "ticker.service"))
	expectArguments(t, strings.Fields(unit["ExecStart"])[1:])
	if stop := duration(t, unit["TimeoutStopSec"]); stop <= duration(t, s.Shutdown.Timeout) {
		t.Errorf("it is killed after %v, and may take %s to end", stop, s.Shutdown.Timeout)
	}
	files, err := strconv.Atoi(unit["LimitNOFILE"])
	if err != nil || files < s.Limits.Sessions+256 {
		t.Errorf("%d open files (%v) for %d sessions", files, err, s.Limits.Sessions)
	}
	for name, want := range map[string]string{"Type": "exec", "KillSignal": "SIGTERM", "Restart": "always", "RestartPreventExitStatus": "2"} {
		if unit[name] != want {
			t.Errorf("%s=%s, want %s", name, unit[name], want)
		}
	}
}
