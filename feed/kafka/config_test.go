package kafka_test

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp/cmpopts"

	"ticker/feed/internal/queuetest"
	"ticker/feed/kafka"
	"ticker/internal/kafkaconn"
)

type access = kafkaconn.Access

func TestOptionsSayWhatToReadAndAsWhom(t *testing.T) {
	t.Parallel()
	queuetest.Accepts(t, kafka.ParseOptions, map[string]kafka.Config{
		"brokers=a:9092&topic=q": {Access: access{Brokers: []string{"a:9092"}}, Topic: "q", Group: "ticker"},
		"brokers=a:1,b:2&topic=q&group=g&start=earliest&sasl=plain&user=u&password=p": {
			Access: access{Brokers: []string{"a:1", "b:2"}, SASL: "plain", User: "u", Password: "p"},
			Topic:  "q", Group: "g", Start: kafka.Earliest,
		},
		"brokers=a:1&topic=q&start=latest&sasl=scram-sha-512&user=u&password_file=" + url.QueryEscape(queuetest.SecretFile(t)): {
			Access: access{Brokers: []string{"a:1"}, SASL: "scram-sha-512", User: "u", Password: "sesame"},
			Topic:  "q", Group: "ticker",
		},
	}, cmpopts.IgnoreFields(access{}, "TLS"))
}

func TestTLSIsOnWhenItIsAskedFor(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"": false, "&tls=false": false, "&tls=true": true} {
		c, err := kafka.ParseOptions(queuetest.Query(t, "brokers=a:1&topic=q"+text))
		if err != nil || (c.TLS != nil) != want || want && c.TLS.InsecureSkipVerify {
			t.Errorf("%q: TLS %v, %v", text, c.TLS, err)
		}
	}
}

func TestAConfigurationThatCannotWorkIsRefused(t *testing.T) {
	t.Parallel()
	queuetest.Refuses(t, kafka.ParseOptions, map[string]string{
		"topic=q":                                        "brokers is missing: want host:port",
		"brokers=a:1":                                    "topic is missing",
		"brokers=a:x&topic=q":                            "port",
		"brokers=a:1&topic=q&group=":                     "group is empty",
		"brokers=a:1&topic=q&start=now":                  `start "now": want one of earliest, latest`,
		"brokers=a:1&topic=q&tls=on":                     `tls "on": want true or false`,
		"brokers=a:1&topic=q&user=u":                     "user and password need sasl",
		"brokers=a:1&topic=q&sasl=plain&user=u":          "sasl needs user, and password",
		"brokers=a:1&topic=q&sasl=md5&user=u&password=p": `sasl "md5": want plain, scram-sha-256 or scram-sha-512`,
		"brokers=a:1&topic=q&password=a&password_file=b": `password_file "b"`,
		"brokers=a:1&topic=q&colour=red":                 `unknown option "colour"`,
	})
	if _, err := kafka.New(kafka.Config{Access: access{Brokers: []string{"a:1"}}, Topic: "q"}); err == nil {
		t.Error("New takes a configuration without a group")
	}
}
