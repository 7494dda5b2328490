package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/configs"
)

// program runs the program to its end and returns what it wrote.
func program(t *testing.T, environ []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	code = run(t.Context(), &environment{args: args, environ: environ, stdin: strings.NewReader(""), stdout: &out, stderr: &errs})
	return code, out.String(), errs.String()
}

func writeFile(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "ticker.yaml")
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestEveryExampleLoads(t *testing.T) {
	t.Parallel()
	names, err := fs.Glob(configs.Files, "*.yaml")
	if err != nil || len(names) < 4 {
		t.Fatalf("examples: %v %v", names, err)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := fs.ReadFile(configs.Files, name)
			if err != nil {
				t.Fatal(err)
			}
			code, _, stderr := program(t, nil, "config", "check", writeFile(t, string(text)))
			if code != 0 || stderr != "" {
				t.Errorf("exit %d: %s", code, stderr)
			}
		})
	}
}

func TestTheFullExampleHoldsTheDefaults(t *testing.T) {
	t.Parallel()
	text, err := fs.ReadFile(configs.Files, "ticker.yaml")
	if err != nil {
		t.Fatal(err)
	}
	got := newConfiguration()
	if _, mistakes := readConfig("ticker.yaml", text, got.settings); len(mistakes) > 0 {
		t.Fatal(mistakes)
	}
	want := defaults()
	want.feeds, got.settings.feeds = nil, nil // the defaults of sim are written out
	if diff := cmp.Diff(want, got.settings, cmp.AllowUnexported(settings{}, limitSettings{}, intervalSettings{}, historySettings{}, authSettings{}, jwtSettings{}, tlsSettings{}, acmeSettings{}, relaySettings{}),
		cmp.Comparer(func(a, b []string) bool { return strings.Join(a, " ") == strings.Join(b, " ") })); diff != "" {
		t.Error(diff)
	}
	for _, k := range keys() {
		last := k.path[strings.LastIndexByte(k.path, '.')+1:]
		if !strings.Contains(string(text), last+":") {
			t.Errorf("%s is not in the example", k.path)
		}
	}
}

func TestConfigCheckNamesKeyAndLineOfEveryMistake(t *testing.T) {
	t.Parallel()
	name := writeFile(t, strings.Join([]string{
		"listn: 127.0.0.1:1",
		"admin: nowhere",
		"limits:",
		"  sesions: 5",
		"  symbols: many",
		"  stall: 30",
		"  message_bytes: 99999999",
		"feeds:",
		"  - 'martian:'",
		"fanout:",
		"  interval: {min: 1s, default: 100ms}",
		"allowed_origins: [desk]",
		"limits:",
		"  symbols: 5",
		"log: {level: loud}",
		"data:",
		"shutdown: &a {timeout: 5s}",
	}, "\n"))
	code, stdout, stderr := program(t, nil, "config", "check", name)
	if code != 2 || stdout != "" {
		t.Errorf("exit %d, stdout %q", code, stdout)
	}
	for _, want := range []string{
		":1: listn: unknown key; did you mean listen?",
		`:2: admin: "nowhere" is no address`,
		":4: limits.sesions: unknown key; did you mean limits.sessions?",
		`:5: limits.symbols: "many" is no whole number`,
		`:6: limits.stall: "30" has no unit`,
		":7: limits.message_bytes: 99999999 is out of range",
		`:9: feeds: "martian" is no kind of feed`,
		":11: fanout.interval.default: 100ms is not between",
		`:12: allowed_origins: "desk" is no origin`,
		":13: limits: is given twice",
		`:15: log.level: "loud" is not known`,
		":16: data: has no value",
		":17: shutdown: anchors, aliases and tags are not taken here",
	} {
		if !strings.Contains(stderr, want) {
			t.Errorf("no line %q in\n%s", want, stderr)
		}
	}
}

func TestAMissingOrWrongFileIsOneLineAndExitCode2(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"no YAML":      "listen: [",
		"a list":       "- a\n- b",
		"two mistakes": "a: 1\nb: 2",
		"bomb":         "a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]",
		"twice":        "listen: 127.0.0.1:1\nlisten: 127.0.0.1:2",
		"second":       "listen: 127.0.0.1:1\n---\nlisten: 127.0.0.1:2",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, args := range [][]string{{"config", "print", "--config", writeFile(t, text)}, {"serve", "--config", writeFile(t, text)}} {
				code, stdout, stderr := program(t, nil, args...)
				if code != 2 || strings.Count(stderr, "\n") != 1 || stdout != "" {
					t.Errorf("%v: exit %d, stdout %q, stderr %q", args, code, stdout, stderr)
				}
			}
		})
	}
	code, _, stderr := program(t, nil, "serve", "--config", filepath.Join(t.TempDir(), "none.yaml"))
	if code != 2 || !strings.Contains(stderr, "none.yaml") {
		t.Errorf("a missing file: exit %d %q", code, stderr)
	}
}

func TestAFlagBeatsTheEnvironmentBeatsTheFile(t *testing.T) {
	t.Parallel()
	c := newConfiguration()
	if err := c.file(writeFile(t, "limits: {sessions: 1, symbols: 1}\nfanout: {interval: {min: 30ms}}\nlisten: 127.0.0.1:1")); err != nil {
		t.Fatal(err)
	}
	c.environment([]string{
		"TICKER_LIMITS_SYMBOLS=2", "TICKER_LISTEN=127.0.0.1:2", "TICKER_FANOUT_INTERVAL_MAX=2m",
		"TICKER_FEEDS=push: sim:?seed=4", "TICKER_NONSENSE=1", "PATH=/bin",
	})
	c.flag("listen", "listen", []string{"127.0.0.1:3"})
	c.check()
	if err := c.err(); err != nil {
		t.Fatal(err)
	}
	s := c.settings
	if s.limits.sessions != 1 || s.limits.symbols != 2 || s.listen != "127.0.0.1:3" ||
		s.interval.min != 30*time.Millisecond || s.interval.max != 2*time.Minute || len(s.feeds) != 2 {
		t.Errorf("settings %+v", s)
	}
	if diff := cmp.Diff([]string{"TICKER_NONSENSE"}, c.unknown); diff != "" {
		t.Error(diff)
	}
}

func TestAnAddressOthersReachNeedsAWord(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"listen: 127.0.0.1:0":                       0,
		"listen: '[::1]:0'":                         0,
		"listen: localhost:0":                       0,
		"listen: 0.0.0.0:0":                         2,
		"listen: ':8080'":                           2,
		"admin: 0.0.0.0:0":                          2,
		"admin: 0.0.0.0:0\nadmin_public: false":     2,
		"admin: 0.0.0.0:0\nadmin_public: true":      0,
		"admin: 0.0.0.0:0\nauth: {mode: none}":      2,
		"listen: 0.0.0.0:0\nauth: {mode: none}":     0,
		"listen: example.com:0\nauth: {mode: none}": 0,
		"listen: example.com:0":                     2,
	} {
		if code, _, stderr := program(t, nil, "config", "check", writeFile(t, text)); code != want {
			t.Errorf("%q: exit %d, want %d: %s", text, code, want, stderr)
		}
	}
}

func TestWhatPrintWritesReadsBackAsTheSame(t *testing.T) {
	t.Parallel()
	file := writeFile(t, "feeds: [{kind: replay, path: 'a b/*.gz', venue: okx}, 'sim:?seed=3']\nallowed_origins: ['*', 'http://a.b:1']\nlimits: {stall: 90s}")
	code, first, stderr := program(t, nil, "config", "print", "--config", file)
	if code != 0 {
		t.Fatal(stderr)
	}
	code, second, stderr := program(t, nil, "config", "print", "--config", writeFile(t, first))
	if code != 0 || first != second {
		t.Errorf("exit %d %s: %s", code, stderr, cmp.Diff(first, second))
	}
	if !strings.Contains(first, "stall: 1m30s") || !strings.Contains(first, "seed=3") {
		t.Error(first)
	}
}

func TestPasswordsAreNeverShown(t *testing.T) {
	t.Parallel()
	secret := []string{"TICKER_HISTORY_URL=postgres://me:hunter2@db.example.com:5432/ticker"}
	code, stdout, stderr := program(t, secret, "config", "print")
	if code != 0 || !strings.Contains(stdout, "me:xxxxx@db.example.com") || strings.Contains(stdout+stderr, "hunter2") {
		t.Errorf("exit %d: %s%s", code, stdout, stderr)
	}
	secret[0] = "TICKER_HISTORY_URL=mysql://me:hunter2@db.example.com/ticker"
	code, stdout, stderr = program(t, secret, "config", "print")
	if code != 2 || strings.Contains(stdout+stderr, "hunter2") {
		t.Errorf("exit %d: %s%s", code, stdout, stderr)
	}
}

func TestPeriodsOfTheRecordingGoEvenlyIntoASecondOrAMinute(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]int{
		"0s": 0, "1s": 0, "10ms": 0, "200ms": 0, "10s": 0, "20s": 0, "1m": 0,
		"1500ms": 0, "300ms": 2, "2500500us": 2, "7s": 2, "9ms": 2, "2m": 2, "-1s": 2, "1": 2,
	} {
		code, _, stderr := program(t, []string{"TICKER_HISTORY_EVERY=" + text}, "config", "print")
		if code != want {
			t.Errorf("%s: exit %d, want %d: %s", text, code, want, stderr)
		}
	}
}

func TestFeedsAreNamedByKindAndNumber(t *testing.T) {
	t.Parallel()
	parse := func(texts ...string) (specs []feedSpec) {
		for _, text := range texts {
			spec, err := parseFeedSpec(text)
			if err != nil {
				t.Fatal(err)
			}
			specs = append(specs, spec)
		}
		return specs
	}
	names, err := feedNames(parse("sim:", "push:?name=sim-2", "sim:", "sim:?silence=5s"))
	if diff := cmp.Diff([]string{"sim", "sim-2", "sim-3", "sim-4"}, names); diff != "" || err != nil {
		t.Error(diff, err)
	}
	for _, bad := range [][]string{{"sim:?name=a", "push:?name=a"}, {"sim:?name=A"}, {"sim:?silence=5"}, {"replay:x?silence=5s"}, {"history:?from=1&silence=5s"}} {
		if _, err := feedNames(parse(bad...)); err == nil {
			t.Errorf("%v: accepted", bad)
		}
	}
	for _, bad := range []string{"", "sim", "martian:", "sim:path", "history:path", "sim:?a=1&a=2", "sim:?%zz", "replay:a?x=%"} {
		if _, err := parseFeedSpec(bad); err == nil {
			t.Errorf("%q: accepted", bad)
		}
	}
}

// FuzzReadConfig checks that no file makes the reader panic or hang, and that
// what it accepts can be printed and read again.
func FuzzReadConfig(f *testing.F) {
	for _, seed := range []string{
		"", "listen: 127.0.0.1:1", "a: &x [*x]", "feeds: [sim:]", "? [a]: b", "<<: {listen: x}", "limits: !!str 5",
		"auth: {mode: keys, keys: [{id: a, sha256: b, symbols: [A, B*], publish: []}, 'id=x&symbols=A&interval=1s']}",
		"auth: {mode: jwt, allow_query: true, jwt: {algorithm: HS256, secret: x}}\ntls: {cert_file: a, key_file: b}",
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s := defaults()
		if _, mistakes := readConfig("fuzz", text, s); len(mistakes) > 0 {
			for _, m := range mistakes {
				if m.Error() == "" {
					t.Error("a mistake without a word")
				}
			}
			return
		}
		var out bytes.Buffer
		if err := s.writeTo(&out); err != nil {
			t.Fatal(err)
		}
		if _, mistakes := readConfig("again", out.Bytes(), defaults()); len(mistakes) > 0 {
			t.Errorf("printed settings do not read back: %v\n%s", mistakes, out.Bytes())
		}
	})
}

// FuzzParseFeedSpec checks that a SPEC that is taken reads back as itself.
func FuzzParseFeedSpec(f *testing.F) {
	for _, seed := range []string{"sim:", "sim:?symbols=5&name=a", "replay:a,b*.gz?venue=okx&speed=max", "push:?silence=3s", "replay:?%41=%3F"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		spec, err := parseFeedSpec(text)
		if err != nil {
			return
		}
		again, err := parseFeedSpec(spec.String())
		if err != nil || again.String() != spec.String() {
			t.Errorf("%q is %q, and that %q: %v", text, spec, again, err)
		}
	})
}
