package main

import (
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const (
	notChanged = "configuration not changed: correct it, the old one stays in force"
	readAgain  = "configuration was read again"
	waits      = "some keys of the configuration wait for a restart"
)

func TestAReloadLetsInNewKeysAndEndsTheSessionsOfThoseThatAreGone(t *testing.T) {
	t.Parallel()
	r := startReloading(t, keysOf("gone", "kept", "less , symbols: [A, B]"))
	gone, kept, less := r.enter(bearing("gone")), r.enter(bearing("kept")), r.enter(bearing("less"))
	r.expectRefused(http.StatusUnauthorized, bearing("new"))
	request(t, less, `{"type":"command","id":"1","action":"subscribe","symbols":["A","B"]}`)

	r.reloadAs(keysOf("kept", "new", "less , symbols: [A]"))
	expectClosed(t, gone, 4101)
	r.expectRefused(http.StatusUnauthorized, bearing("gone"))
	expectAlive(t, r.enter(bearing("new")))
	expectAlive(t, kept)
	if event := next(t, less); !strings.Contains(event, `"removed","symbols":["B"]`) {
		t.Error(event)
	}
	if line := r.lastSaid(readAgain, 1); !reflect.DeepEqual(line["changed"], []any{"auth.keys"}) {
		t.Error(line)
	}
}

func TestAReloadChangesWhoIsLetInAndEndsNobody(t *testing.T) {
	t.Parallel()
	const page = "https://desk.example.com"
	r := startReloading(t, "limits: {sessions: 100}\n")
	old := r.enter(nil)
	r.expectRefused(http.StatusForbidden, fromOrigin(page))

	r.reloadAs("allowed_origins: [" + page + "]\nlog: {level: debug}\n")
	r.enter(fromOrigin(page))
	expectAlive(t, old)

	r.reloadAs("limits: {sessions: 2}\n")
	soon(t, "no room", func() bool { _, status := r.shake(nil); return status == http.StatusServiceUnavailable })
	r.expectRefused(http.StatusForbidden, fromOrigin(page))
	expectAlive(t, old)

	r.reloadAs("limits: {sessions: 3, handshakes_per_second: 1}\n")
	r.enter(nil)
	want := []any{"log.level", "limits.sessions"}
	if lines := r.said(readAgain); len(lines) != 3 || !reflect.DeepEqual(lines[1]["changed"], append([]any{"allowed_origins"}, want...)) {
		t.Errorf("%v", lines)
	}
}

func TestAReloadSetsWhatIsLogged(t *testing.T) {
	t.Parallel()
	const debugging = "session ended"
	r := startReloading(t, "")
	closing(t, r.enter(nil))
	r.reloadAs("log: {level: debug}\n")
	closing(t, r.enter(nil))
	r.log.line(t, debugging)
}

func TestAReloadWithAMistakeChangesNothing(t *testing.T) {
	t.Parallel()
	good := keysOf("kept")
	other := keysOf("new") + "allowed_origins: ['*']\n"
	r := startReloading(t, good)
	session := r.enter(bearing("kept"))
	errors := 0
	for name, spoil := range map[string]func(){
		"no YAML":        func() { r.write(other + "a: [") },
		"unknown key":    func() { r.write(other + "limits: {sesions: 5}\n") },
		"bad value":      func() { r.write(other + "limits: {sessions: many}\n") },
		"out of range":   func() { r.write(other + "limits: {sessions: 0}\n") },
		"contradiction":  func() { r.write(other + "fanout: {interval: {min: 2m}}\n") },
		"no authority":   func() { r.write(other + "tls: {cert_file: a.pem}\n") },
		"no such origin": func() { r.write(keysOf("new") + "allowed_origins: ['ftp://a.example.com']\n") },
		"no hash":        func() { r.write(other + "    - {id: x, sha256: tk_secret}\n") },
		"no keys":        func() { r.write("auth: {mode: keys}\n") },
		"twice":          func() { r.write(keysOf("new", "new")) },
		"too large":      func() { r.write(other + strings.Repeat("#", maxConfigBytes)) },
		"vanished":       func() { remove(t, r.file) },
		"a directory":    func() { remove(t, r.file); makeDir(t, r.file) },
	} {
		spoil()
		r.reload("error")
		errors++
		line := r.lastSaid(notChanged, errors)
		words := strings.ReplaceAll(startWords(t, r.file), r.file, "ticker.yaml")
		if line["level"] != "ERROR" || line["error"] != words {
			t.Errorf("%s: the log says %v, the start %s", name, line, words)
		}
		expectAlive(t, session)
		r.expectRefused(http.StatusUnauthorized, bearing("new"))
		if name == "a directory" {
			remove(t, r.file)
		}
	}
	r.expectRefused(http.StatusForbidden, http.Header{"Authorization": {"Bearer kept"}, "Origin": {"https://a.example.com"}})
	closing(t, r.enter(bearing("kept")))
	if lines := r.said(readAgain); len(lines) > 0 {
		t.Errorf("%v", lines)
	}
	r.reloadAs(other)
	r.enter(bearing("new"))
}

func remove(t *testing.T, name string) {
	t.Helper()
	if err := os.Remove(name); err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
}

func makeDir(t *testing.T, name string) {
	t.Helper()
	if err := os.Mkdir(name, 0o700); err != nil {
		t.Fatal(err)
	}
}

func TestKeysThatNeedARestartAreNamedOnEachReloadAndTheRestIsApplied(t *testing.T) {
	t.Parallel()
	r := startReloading(t, keysOf("kept"))
	const more = "fanout: {heartbeat: 20s}\nrelay: {every: 1s}\n"
	r.reloadAs(keysOf("new") + more)
	r.enter(bearing("new"))
	expectWaits := func(times int, keys ...any) {
		t.Helper()
		if line := r.lastSaid(waits, times); line["level"] != "WARN" || !reflect.DeepEqual(line["keys"], keys) {
			t.Errorf("%v, want %v", line, keys)
		}
	}
	expectWaits(1, "fanout.heartbeat", "relay.every")
	r.reload("ok")
	expectWaits(2, "fanout.heartbeat", "relay.every")
	// Without the mode that they are for, keys would leave the door open, or shut.
	r.reloadAs(more)
	expectWaits(3, "fanout.heartbeat", "relay.every", "auth.mode", "auth.keys")
	r.enter(bearing("new"))
	r.reloadAs(keysOf("kept"))
	r.lastSaid(readAgain, 4)
	expectWaits(3, "fanout.heartbeat", "relay.every", "auth.mode", "auth.keys")
}

func TestTheLastOfManyReloadsIsInForce(t *testing.T) {
	t.Parallel()
	r := startReloading(t, keysOf("kept"))
	session := r.enter(bearing("kept"))
	for _, name := range []string{"a", "b", "c", "last"} {
		r.write(keysOf("kept", name))
		r.hangUp()
		r.hangUp()
	}
	soon(t, "the last key", func() bool {
		conn, _ := r.shake(bearing("last"))
		return conn != nil
	})
	r.expectRefused(http.StatusUnauthorized, bearing("a"))
	expectAlive(t, session)
	if n := r.reloads("error"); n != 0 {
		t.Errorf("%d readings failed", n)
	}
}

func TestWithNothingToReadAHangUpEndsTheService(t *testing.T) {
	t.Parallel()
	p := spawnIn(t, t.TempDir(), "--feed", "push:", "--history", "off")
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	overdue := time.AfterFunc(30*time.Second, func() { _ = p.cmd.Process.Kill() }) // if it goes on
	defer overdue.Stop()
	_ = p.cmd.Wait() // the state tells how it ended
	if status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || status.Signal() != syscall.SIGHUP {
		t.Errorf("it ended with %v", p.cmd.ProcessState)
	}
}

func TestTheEnvironmentAndFlagsBeatAFileThatIsReadAgain(t *testing.T) {
	t.Parallel()
	file := putFile(t, t.TempDir(), "ticker.yaml", "limits: {sessions: 5, per_address: 5}\nlog: {level: warn}\n", 0o600)
	from := reading{
		file: file, environ: []string{"TICKER_LIMITS_SESSIONS=7"},
		flags: []givenFlag{{"level", "log.level", []string{"error"}}},
	}
	for _, perAddress := range []int64{5, 6} {
		c, err := from.read()
		if err != nil {
			t.Fatal(err)
		}
		got, want := c.settings, defaults()
		want.limits.sessions, want.limits.perAddress, want.logLevel = 7, perAddress, "error"
		if names := differing(want, got); !slices.Equal(names, []string{"limits.session_age"}) { // on a loopback address
			t.Errorf("%v differ", names)
		}
		from = c.from
		putFile(t, filepath.Dir(file), "ticker.yaml", "limits: {sessions: 6, per_address: 6}\n", 0o600)
	}
}

func TestASecretThatChangedWaitsForARestartByName(t *testing.T) {
	t.Parallel()
	var read [2]*settings
	for i, secret := range []string{"first", "second"} {
		file := writeFile(t, strings.ReplaceAll(`
feeds: [{kind: nats, url: 'nats://127.0.0.1', subject: a, password: SECRET}]
publish: [{kind: nats, url: 'nats://127.0.0.1', subject: a, token: SECRET}]
history: {url: 'postgres://ticker:SECRET@db.example.com/ticker'}
auth: {mode: jwt, jwt: {secret: SECRET-0123456789abcdef0123456789}}
data: same
`, "SECRET", secret))
		c, err := reading{file: file}.read()
		if err != nil {
			t.Fatal(err)
		}
		read[i] = c.settings
	}
	want := []string{"feeds", "publish", "history.url", "auth.jwt.secret"}
	if diff := cmp.Diff(want, differing(read[0], read[1])); diff != "" {
		t.Error(diff)
	}
}

// alter gives a value another one of its kind.
func alter(t *testing.T, v value) {
	t.Helper()
	switch v := v.(type) {
	case *durationValue:
		*v.at++
		return
	case *integerValue:
		*v.at++
		return
	case *choiceValue:
		*v.at += "x"
		return
	}
	switch at := reflect.ValueOf(v).Elem(); at.Kind() {
	case reflect.String:
		at.SetString(at.String() + "x")
	case reflect.Bool:
		at.SetBool(!at.Bool())
	case reflect.Int64:
		at.SetInt(at.Int() + 1)
	case reflect.Slice:
		at.Set(reflect.Append(at, reflect.New(at.Type().Elem()).Elem()))
	default:
		t.Fatalf("a value of kind %v", at.Kind())
	}
}

// TestEveryKeyIsAppliedOrWaitsAsOperationsSays changes one key after the other.
func TestEveryKeyIsAppliedOrWaitsAsOperationsSays(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../docs/OPERATIONS.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, k := range keys() {
		before, next := defaults(), defaults()
		alter(t, k.value(next))
		after := *before
		after.adopt(next)
		waiting := []string{k.path}
		if strings.Contains(string(text), "| `"+k.path+"` | applied |") {
			waiting = []string{}
		}
		if diff := cmp.Diff(waiting, differing(&after, next)); diff != "" {
			t.Errorf("what waits for a restart when %s changed (-told +is):\n%s", k.path, diff)
		}
		if !slices.Equal(differing(before, next), []string{k.path}) {
			t.Errorf("%s changed, and %v are found", k.path, differing(before, next))
		}
	}
}
