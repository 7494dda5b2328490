package rabbitmq_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"

	"ticker/feed/internal/queuetest"
	"ticker/feed/rabbitmq"
)

// parse reads options that New takes, or says why it does not.
func parse(options url.Values) (rabbitmq.Config, error) {
	c, err := rabbitmq.ParseOptions(options)
	if err == nil {
		_, err = rabbitmq.New(c)
	}
	return c, err
}

func TestOptionsBecomeAConfiguration(t *testing.T) {
	t.Parallel()
	queuetest.Accepts(t, parse, map[string]rabbitmq.Config{
		"url=amqp://h&queue=q": {
			URL: "amqp://h", Queue: "q", Prefetch: 1000, Heartbeat: 5 * time.Second,
		},
		"url=amqps://u@h/v&queue=q&declare=true&exchange=e&key=a,b.*&prefetch=7&user=x&password=y": {
			URL: "amqps://u@h/v", Queue: "q", Declare: true, Exchange: "e", RoutingKeys: []string{"a", "b.*"},
			Prefetch: 7, User: "x", Password: "y", Heartbeat: 5 * time.Second,
		},
		"url=amqp://h&queue=q&exchange=e&password_file=" + url.QueryEscape(queuetest.SecretFile(t)): {
			URL: "amqp://h", Queue: "q", Exchange: "e", RoutingKeys: []string{"#"},
			Prefetch: 1000, Password: "sesame", Heartbeat: 5 * time.Second,
		},
	}, cmpopts.IgnoreFields(rabbitmq.Config{}, "Logger"))
}

func TestABadOptionIsNamed(t *testing.T) {
	t.Parallel()
	queuetest.Refuses(t, parse, map[string]string{
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
		"url=amqp://h&queue=q&exchange=e&key=" + strings.Repeat("q", 256):                           "has 256 bytes: want 255 at most",
		"url=amqp://h&queue=q&password=sesame&password_file=/dev/null":                              "password_file \"/dev/null\": has no secret",
		"url=amqp://h&queue=q&password=x&password_file=" + url.QueryEscape(queuetest.SecretFile(t)): "password and password_file are both given: want one of them",
		"url=amqp://h&queue=q&password_file=" + url.QueryEscape("/no/where"):                        "password_file \"/no/where\": open /no/where",
	})
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
