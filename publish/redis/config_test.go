package redis_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ticker/publish/redis"
)

func secretFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte("sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOptionsBecomeAConfiguration(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]redis.Config{
		"url=redis://h&channel=q.{symbol}":         {URL: "redis://h", Channel: "q.{symbol}"},
		"url=redis://h&stream=q":                   {URL: "redis://h", Stream: "q", MaxLen: 100_000},
		"url=redis://h/1&hash=h&user=u&password=p": {URL: "redis://h/1", Hash: "h", User: "u", Password: "p"},
		"url=rediss://h&stream=q&maxlen=5&hash=h&password_file=" + url.QueryEscape(secretFile(t)): {
			URL: "rediss://h", Stream: "q", MaxLen: 5, Hash: "h", Password: "sesame",
		},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			values, err := url.ParseQuery(text)
			if err != nil {
				t.Fatal(err)
			}
			got, err := redis.ParseOptions(values)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(redis.Config{}, "Logger")); diff != "" {
				t.Errorf("configuration (-want +got):\n%s", diff)
			}
			if _, err := redis.New(got); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestABadOptionIsNamed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"channel=q":                           "url is missing: want redis://HOST",
		"url=redis://h":                       "want at least one of channel, stream and hash",
		"url=http://h&hash=h":                 `url "http://h": want redis:// or rediss://`,
		"url=redis://u:sesame@h/x&hash=h":     `url "redis://u:xxxxx@h/x": "x" is no number of a database`,
		"url=redis://u:sesame@h?a%3Db&hash=h": "want no parameters",
		"url=redis://u:sesame@h:x&hash=h":     "url is no address",
		"url=redis://h&stream=q&maxlen=0":     `maxlen "0": want a number from 1`,
		"url=redis://h&hash=q&maxlen=7":       "maxlen 7: want a number above 0, and a stream",
		"url=redis://h&hash=q&stream=q":       `stream and hash are both "q"`,
		"url=redis://h&colour=red":            `unknown option "colour"`,
		"url=redis://h&hash=h&password=sesame&password_file=" + url.QueryEscape(secretFile(t)): "want one of them",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			values, err := url.ParseQuery(text)
			if err != nil {
				t.Fatal(err)
			}
			_, err = redis.ParseOptions(values)
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "sesame") {
				t.Errorf("error %v, want %q and no password", err, want)
			}
		})
	}
}

func TestAConfigurationThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	cfg := redis.Config{URL: "redis://h", Stream: "q", MaxLen: -1}
	if _, err := redis.New(cfg); err == nil || !strings.Contains(err.Error(), "configure redis: maxlen -1") {
		t.Errorf("error %v", err)
	}
}
