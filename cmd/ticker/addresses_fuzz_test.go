package main

import (
	"net/url"
	"strings"
	"testing"
)

// FuzzAddresses reads anything as the URL of a store and of an engine, as a SPEC, and as
// the URL in one. A password in it is shown by nobody, whether the text is taken or
// refused.
func FuzzAddresses(f *testing.F) {
	for _, seed := range []string{
		"postgres://u:sesame@h/db?sslmode=require", "postgres://h/db?user=u&password=sesame", "postgres://h/db?password=sesame;x",
		"postgresql://h/db?password=sesame%zz", "postgres://u:p%40sesame@h:port/db", "nats://u:sesame@a:4222,b?prefix=p",
		"tls://a,u:sesame@b?replicas=3", "nats://h?token=sesame&user=u", "nats://u:1,sesame@h", "nats://h?password=1,sesame", "redis://:sesame@h/0", "rediss://h/x?password=sesame",
		"embedded:?listen=0.0.0.0:1&token=sesame", "embedded:?token=sesame&token=x", "redis:?url=redis://u:sesame@h&stream=s",
		"kafka:?brokers=h&password=sesame", "replay://u:sesame@h/a", "redis:redis://u:sesame@h", "alpaca:?symbols=A&key=k&secret=sesame", "nats:?api_key=sesame&api_key=b",
		"redis://u:sesame@[::1]:x", "amqp://u:sesame@h/%2f", "off", "sqlite:a@b",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		const secret = "sesame"
		if strings.Count(text, secret) != 1 || !holdsSecret(text, secret) || strings.Contains(text, "_file") {
			text = strings.ReplaceAll(text, secret, "open")
		}
		for _, v := range []value{new(historyValue), new(relayValue), new(feedsValue), new(sinksValue)} {
			for _, item := range []string{text, "nats:?url=" + url.QueryEscape(text)} {
				shown := ""
				if err := v.set([]string{item}); err != nil {
					shown = err.Error()
				} else {
					shown = strings.Join(v.get(), "\n")
				}
				if shown == "" || strings.Contains(shown, secret) {
					t.Errorf("%T: %q is shown as %q", v, item, shown)
				}
			}
		}
	})
}

// holdsSecret reports whether a text stands where a URL or a SPEC has a password: behind
// the colon in front of the @, or in a parameter of that name.
func holdsSecret(address, text string) bool {
	address, _, _ = strings.Cut(address, "#")
	address, query, _ := strings.Cut(address, "?")
	for pair := range strings.SplitSeq(query, "&") {
		name, value, _ := strings.Cut(pair, "=")
		for _, word := range []string{"password", "secret", "token"} {
			if name == word && strings.Contains(value, text) {
				return true
			}
		}
	}
	scheme, authority, isURL := strings.Cut(address, "://")
	authority, _, _ = strings.Cut(authority, "/")
	at := strings.LastIndexByte(authority, '@')
	if !isURL || strings.Contains(scheme, "/") || at < 0 {
		return false
	}
	_, password, _ := strings.Cut(authority[:at], ":")
	return strings.Contains(password, text)
}
