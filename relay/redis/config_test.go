package redis_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ticker/relay/redis"
)

func TestAURLSaysEverything(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := redis.ParseURL("rediss://one:6380/2?prefix=p&user=u&password_file=" + url.QueryEscape(secret))
	if err != nil {
		t.Fatal(err)
	}
	if c.URL != "rediss://one:6380/2" || c.Prefix != "p" || c.User != "u" || c.Password != "sesame" {
		t.Errorf("it says %+v", c)
	}
	if c, err = redis.ParseURL("redis://one"); err != nil || c.Prefix != "ticker" {
		t.Errorf("without options it says %+v: %v", c, err)
	}
}

func TestAMistakeInAURLIsNamedWithoutItsSecrets(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                       "url is missing",
		"nats://one":                             "want redis:// or rediss://",
		"redis://":                               "and a host",
		"redis://u:sesame@one/x":                 `"x" is no number of a database`,
		"redis://u:sesame@one?prefix=a:b":        `prefix "a:b": want 1 to 32`,
		"redis://one?colour=red":                 `unknown option "colour": want one of password, password_file, prefix, user`,
		"redis://one?password=sesame%zz":         "want options as NAME=VALUE",
		"redis://one?password=sesame&password=x": "password is given 2 times",
		"redis://one?password_file=/no/such":     "/no/such",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			_, err := redis.ParseURL(text)
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %q", err, want)
			}
			if err != nil && strings.Contains(err.Error(), "sesame") {
				t.Errorf("the error shows a secret: %v", err)
			}
		})
	}
}

func TestNewRefusesWhatCannotWork(t *testing.T) {
	t.Parallel()
	if _, err := redis.New(redis.Config{}); err == nil || !strings.Contains(err.Error(), "url is missing") {
		t.Errorf("error %v", err)
	}
}
