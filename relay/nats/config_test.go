package nats_test

import (
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ticker/internal/natsconn"
	"ticker/relay/nats"
)

func secret(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte("sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return url.QueryEscape(path)
}

func TestAURLSaysEverything(t *testing.T) {
	t.Parallel()
	c, err := nats.ParseURL("tls://one:4222,two?prefix=p&backlog=1048576&replicas=3&user=u&password_file=" + secret(t))
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(c.URLs, []string{"tls://one:4222", "tls://two"}) || c.User != "u" || c.Password != "sesame" ||
		c.Prefix != "p" || c.BacklogBytes != 1<<20 || c.Replicas != 3 {
		t.Errorf("it says %+v", c)
	}
	if c, err = nats.ParseURL("nats://one"); err != nil || c.Prefix != "ticker" || c.BacklogBytes != 256<<20 || c.Replicas != 1 {
		t.Errorf("without options it says %+v: %v", c, err)
	}
}

func TestAMistakeInAURLIsNamedWithoutItsSecrets(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                    "want nats://host:port or tls://host:port",
		"nats:":                               "want nats://host:port",
		"nats://":                             "want nats://host:port",
		"nats://one,":                         "want nats://host:port",
		"http://sesame@one":                   "want nats://host:port",
		"nats://one?sesame":                   `unknown option "sesame"`,
		"nats://one?token=sesame%zz":          "want options as NAME=VALUE",
		"nats://one?colour=red":               `unknown option "colour": want one of backlog, creds, password`,
		"nats://one?prefix=a.b":               `prefix "a.b": want 1 to 32`,
		"nats://one?backlog=12":               "backlog",
		"nats://one?replicas=6":               "replicas",
		"nats://one?user=u":                   "user goes with password",
		"nats://one?token=sesame&creds=/no/x": "/no/x",
		"nats://one?token=sesame&token_file=" + secret(t):                "token and token_file are both given",
		"nats://one?token=sesame&user=u&password=sesame":                 "want one of them",
		"nats://one?user=u&password_file=" + url.QueryEscape("/no/such"): "/no/such",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			_, err := nats.ParseURL(text)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %q", err, want)
			}
			if err != nil && strings.Contains(err.Error(), "sesame") && !strings.Contains(want, "sesame") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	access := natsconn.Access{URLs: []string{"nats://one"}}
	for want, c := range map[string]nats.Config{
		"url is missing":       {},
		"prefix":               {Access: access, Prefix: "a b"},
		"must not be negative": {Access: access, Replicas: -1},
	} {
		if _, err := nats.New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
