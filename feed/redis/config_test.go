package redis_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"

	"ticker/feed/internal/queuetest"
	"ticker/feed/redis"
)

// parse reads options that New takes, or says why it does not.
func parse(options url.Values) (redis.Config, error) {
	c, err := redis.ParseOptions(options)
	if err == nil {
		_, err = redis.New(c)
	}
	return c, err
}

func TestOptionsBecomeAConfiguration(t *testing.T) {
	t.Parallel()
	queuetest.Accepts(t, parse, map[string]redis.Config{
		"url=redis://h&channel=q.*": {URL: "redis://h", Channel: "q.*", Heartbeat: 5 * time.Second, ClaimAfter: time.Minute},
		"url=rediss://h/3&stream=q&user=u&password=p": {
			URL: "rediss://h/3", Stream: "q", User: "u", Password: "p", Group: "ticker", Consumer: "ticker", Start: "$",
			Heartbeat: 5 * time.Second, ClaimAfter: time.Minute,
		},
		"url=redis://h&stream=q&group=g&consumer=c&start=7-1&field=f&password_file=" + url.QueryEscape(queuetest.SecretFile(t)): {
			URL: "redis://h", Stream: "q", Password: "sesame", Group: "g", Consumer: "c", Start: "7-1", Field: "f",
			Heartbeat: 5 * time.Second, ClaimAfter: time.Minute,
		},
	}, cmpopts.IgnoreFields(redis.Config{}, "Logger"))
}

func TestABadOptionIsNamed(t *testing.T) {
	t.Parallel()
	queuetest.Refuses(t, parse, map[string]string{
		"channel=q":                              "url is missing: want redis://HOST",
		"url=redis://h":                          "want one of channel and stream",
		"url=redis://h&channel=q&stream=q":       "want one of channel and stream",
		"url=redis://h&channel=q&group=g":        "group, consumer, start and field are of a stream",
		"url=redis://h&stream=q&start=now":       `start "now": want $, 0 or the ID of an entry`,
		"url=redis://h&stream=q&start=1-2-3":     `start "1-2-3"`,
		"url=http://h&channel=q":                 `url "http://h": want redis:// or rediss://`,
		"url=redis://u:sesame@h/x&channel=q":     `url "redis://u:xxxxx@h/x": "x" is no number of a database`,
		"url=redis://u:sesame@h/-1&channel=q":    `"-1" is no number of a database`,
		"url=redis://u:sesame@h?a%3Db&channel=q": "want no parameters",
		"url=redis://u:sesame@h:x&channel=q":     "url is no address",
		"url=redis://h&channel=":                 "channel is empty",
		"url=redis://h&colour=red":               `unknown option "colour"`,
		"url=redis://h&channel=q&password=sesame&password_file=" + url.QueryEscape(queuetest.SecretFile(t)): "want one of them",
		"url=redis://h&channel=q&password_file=%2Fno%2Fwhere":                                               `password_file "/no/where"`,
	})
}

func TestATimeIsNotNegative(t *testing.T) {
	t.Parallel()
	for _, cfg := range []redis.Config{
		{URL: "redis://h", Channel: "q", Heartbeat: -1},
		{URL: "redis://h", Channel: "q", ClaimAfter: -1},
	} {
		if _, err := redis.New(cfg); err == nil || !strings.Contains(err.Error(), "configure redis: a time must not be negative") {
			t.Errorf("error %v", err)
		}
	}
}
