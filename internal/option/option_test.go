package option_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ticker/internal/option"
)

// given is what the options of a test are read into.
type given struct {
	Topic    string
	Brokers  []string
	TLS      bool
	Start    int
	Creds    string
	Password string
}

func parse(values url.Values) (given, error) {
	var g given
	err := option.Set{
		"topic": option.Text(&g.Topic), "brokers": option.List(&g.Brokers), "tls": option.Bool(&g.TLS),
		"start":         option.OneOf(&g.Start, map[string]int{"earliest": 1, "latest": 2}),
		"creds":         option.File(&g.Creds),
		"password":      option.Text(&g.Password),
		"password_file": option.SecretFile(&g.Password),
	}.Parse(values)
	return g, err
}

func secretFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestEveryOptionGoesWhereItBelongs(t *testing.T) {
	t.Parallel()
	g, err := parse(url.Values{
		"topic": {"q"}, "brokers": {"a:1,b:2"}, "tls": {"true"}, "start": {"latest"}, "creds": {"option.go"},
		"password_file": {secretFile(t, "s3cret\r\nnot this\n")},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := given{"q", []string{"a:1", "b:2"}, true, 2, "option.go", "s3cret"}
	if diff := cmp.Diff(want, g); diff != "" {
		t.Errorf("options (-want +got):\n%s", diff)
	}
}

func TestAnOptionThatCannotBeReadIsNamedWithItsValueAndWhatIsWanted(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"colour=red":          `unknown option "colour": want one of brokers, creds, password, password_file, start, tls, topic`,
		"topic=a&topic=b":     `topic is given 2 times`,
		"topic=":              `topic is empty`,
		"brokers=a,,b":        `brokers "a,,b" has an empty entry`,
		"tls=yes":             `tls "yes": want true or false`,
		"start=middle":        `start "middle": want one of earliest, latest`,
		"creds=/no/x":         `creds "/no/x": open /no/x: no such file`,
		"password_file=/no/x": `password_file "/no/x": open /no/x: no such file`,
		"tls=x&start=x":       `start "x"`, // the first by name
		"password=a&password_file=" + url.QueryEscape(secretFile(t, "b")):              "password and password_file are both given: want one of them",
		"password_file=" + url.QueryEscape(secretFile(t, "\nx")):                       "has no secret on its first line",
		"password_file=" + url.QueryEscape(secretFile(t, strings.Repeat("x", 10_000))): "is longer than 8192 bytes",
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			values, err := url.ParseQuery(text)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := parse(values); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %q in it", err, want)
			}
		})
	}
}
