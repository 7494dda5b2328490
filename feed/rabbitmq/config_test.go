package rabbitmq_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ticker/feed/rabbitmq"
)

func TestOptionsBecomeAConfiguration(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for text, want := range map[string]rabbitmq.Config{
		"url=amqp://h&queue=q": {
			URL: "amqp://h", Queue: "q", Prefetch: 1000, Heartbeat: 5 * time.Second,
		},
		"url=amqps://u@h/v&queue=q&declare=true&exchange=e&key=a,b.*&prefetch=7&user=x&password=y": {
			URL: "amqps://u@h/v", Queue: "q", Declare: true, Exchange: "e", RoutingKeys: []string{"a", "b.*"},
			Prefetch: 7, User: "x", Password: "y", Heartbeat: 5 * time.Second,
		},
		"url=amqp://h&queue=q&exchange=e&password_file=" + url.QueryEscape(secret): {
			URL: "amqp://h", Queue: "q", Exchange: "e", RoutingKeys: []string{"#"},
			Prefetch: 1000, Password: "sesame", Heartbeat: 5 * time.Second,
		},
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			values, err := url.ParseQuery(text)
			if err != nil {
				t.Fatal(err)
			}
			got, err := rabbitmq.ParseOptions(values)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(rabbitmq.Config{}, "Logger")); diff != "" {
				t.Errorf("configuration (-want +got):\n%s", diff)
			}
			if _, err := rabbitmq.New(got); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestABadOptionIsNamed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                                               "url is missing: want amqp://HOST",
		"url=amqp://h":                                   "queue is missing",
		"url=http://h&queue=q":                           `url "http://h": want amqp:// or amqps://`,
		"url=amqp://u:sesame@h:x&queue=q":                "url is no address",
		"url=amqp://u:sesame@h?heartbeat=0&":             `url "amqp://u:xxxxx@h?heartbeat=0": unknown parameter "heartbeat"`,
		"url=amqp://h&queue=q&key=a":                     "key is given without exchange",
		"url=amqp://h&queue=q&prefetch=0":                `prefetch "0": want a number from 1 to 10000`,
		"url=amqp://h&queue=q&declare=maybe":             `declare "maybe": want true or false`,
		"url=amqp://h&queue=q&colour=red":                `unknown option "colour"`,
		"url=amqp://h&queue=" + strings.Repeat("q", 256): "has 256 bytes: want 255 at most",
		"url=amqp://h&queue=q&exchange=e&key=" + strings.Repeat("q", 256):    "has 256 bytes: want 255 at most",
		"url=amqp://h&queue=q&password=sesame&password_file=/dev/null":       "password_file \"/dev/null\": has no secret",
		"url=amqp://h&queue=q&password=sesame&password_file=" + os.Args[0]:   "password_file",
		"url=amqp://h&queue=q&password_file=" + url.QueryEscape("/no/where"): "password_file \"/no/where\": open /no/where",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			values, err := url.ParseQuery(text)
			if err != nil {
				t.Fatal(err)
			}
			_, err = rabbitmq.ParseOptions(values)
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "sesame") {
				t.Errorf("error %v, want %q and no password", err, want)
			}
		})
	}
}

func TestTwoPasswordsAreOneTooMany(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("sesame"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := rabbitmq.ParseOptions(url.Values{
		"url": {"amqp://h"}, "queue": {"q"}, "password": {"x"}, "password_file": {secret},
	})
	if err == nil || !strings.Contains(err.Error(), "want one of them") {
		t.Errorf("error %v", err)
	}
}

func TestAConfigurationThatCannotBeIsRefused(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[string]rabbitmq.Config{
		"configure rabbitmq: url is missing": {},
		"prefetch 10001":                     {URL: "amqp://h", Queue: "q", Prefetch: 10_001},
		"prefetch -1":                        {URL: "amqp://h", Queue: "q", Prefetch: -1},
		"heartbeat 1.5s: want whole seconds": {URL: "amqp://h", Queue: "q", Heartbeat: 1500 * time.Millisecond},
		"heartbeat -1s":                      {URL: "amqp://h", Queue: "q", Heartbeat: -time.Second},
	} {
		if _, err := rabbitmq.New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}
