package nats_test

import (
	"net/url"
	"testing"

	"ticker/feed/internal/queuetest"
	"ticker/feed/nats"
	"ticker/internal/natsconn"
)

type access = natsconn.Access

func TestOptionsSayWhatToReadAndAsWhom(t *testing.T) {
	t.Parallel()
	secret := queuetest.SecretFile(t)
	one := []string{"nats://a:4222"}
	queuetest.Accepts(t, nats.ParseOptions, map[string]nats.Config{
		"url=nats://a:4222&subject=quotes.%3E": {Access: access{URLs: one}, Subject: "quotes.>"},
		"url=nats://a:1,tls://b:2&subject=q.*.x&queue=g&user=u&password=p": {
			Access:  access{URLs: []string{"nats://a:1", "tls://b:2"}, User: "u", Password: "p"},
			Subject: "q.*.x", Queue: "g",
		},
		"url=nats://a:4222&stream=S&durable=d&start=earliest&token=t":                           {Access: access{URLs: one, Token: "t"}, Stream: "S", Durable: "d", Start: nats.Earliest},
		"url=nats://a:4222&stream=S&start=last&user=u&password_file=" + url.QueryEscape(secret): {Access: access{URLs: one, User: "u", Password: "sesame"}, Stream: "S", Start: nats.Last},
		"url=nats://a:4222&stream=S&start=latest&creds=" + url.QueryEscape(secret):              {Access: access{URLs: one, Creds: secret}, Stream: "S"},
	})
}

func TestAConfigurationThatCannotWorkIsRefused(t *testing.T) {
	t.Parallel()
	queuetest.Refuses(t, nats.ParseOptions, map[string]string{
		"subject=q":                                          "url is missing: want nats://host:port",
		"url=http://a&subject=q":                             "url has an entry that is none",
		"url=a:4222&subject=q":                               "url has an entry that is none",
		"url=nats://a":                                       "subject is missing",
		"url=nats://a&subject=a..b":                          `subject "a..b": want words`,
		"url=nats://a&subject=%3E.b":                         `subject ">.b": want words`,
		"url=nats://a&subject=a b":                           `subject "a b": want words`,
		"url=nats://a&subject=q&durable=d":                   "durable needs stream",
		"url=nats://a&subject=q&start=latest":                "start needs stream",
		"url=nats://a&stream=s&start=now":                    `start "now": want one of earliest, last, latest`,
		"url=nats://a&stream=s&queue=q":                      "queue and stream are both given",
		"url=nats://a&stream=a.b":                            `stream "a.b"`,
		"url=nats://a&subject=q&user=u":                      "user goes with password",
		"url=nats://a&subject=q&password=p":                  "user goes with password",
		"url=nats://a&subject=q&user=u&password=p&token=t":   "user, token and creds: want one of them",
		"url=nats://a&subject=q&creds=/no/such":              `creds "/no/such"`,
		"url=nats://a&subject=q&colour=red":                  `unknown option "colour"`,
		"url=nats://ann:sesame@a:b:c&subject=q":              "url has an entry",
		"url=nats://a&subject=q&password=x&password_file=/x": `password_file "/x"`,
	})
	if _, err := nats.New(nats.Config{Access: access{URLs: []string{"nats://a"}}}); err == nil {
		t.Error("New takes a configuration without a subject")
	}
}
