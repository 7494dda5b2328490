package option_test

import (
	"strings"
	"testing"

	"ticker/internal/option"
)

func TestAnAddressHasASchemeAndAHost(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                         "is missing: want amqp://HOST",
		"amqp://u:sesame/x@h/":     "is no address: want amqp://HOST",
		"amqp://u:sesame%zz@h/":    "is no address",
		"u:sesame@h":               "is no address",
		"http://u:sesame@h/":       `"http://u:xxxxx@h/": want amqp:// or amqps:// and a host`,
		"amqp:///vhost":            `"amqp:///vhost": want amqp:// or amqps:// and a host`,
		"localhost:5672":           `want amqp:// or amqps:// and a host`,
		"amqps://u:sesame@h:5671/": "",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			_, err := option.ParseAddress(text, "amqp", "amqps")
			switch {
			case want == "" && err == nil:
			case want == "" || err == nil || !strings.Contains(err.Error(), want):
				t.Errorf("error %v, want %q", err, want)
			case strings.Contains(err.Error(), "sesame"):
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
}

func TestALoginReplacesWhatItHas(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ address, user, password, want string }{
		{"amqp://a:b@h/", "", "", "amqp://a:b@h/"},
		{"amqp://a:b@h/", "c", "", "amqp://c:b@h/"},
		{"amqp://a:b@h/", "", "d e", "amqp://a:d%20e@h/"},
		{"amqp://h/", "c", "d", "amqp://c:d@h/"},
	} {
		address, err := option.ParseAddress(c.address, "amqp")
		if err != nil {
			t.Fatal(err)
		}
		if option.Login(address, c.user, c.password); address.String() != c.want {
			t.Errorf("%s with %q and %q is %s, want %s", c.address, c.user, c.password, address, c.want)
		}
	}
}
