package redis_test

import (
	"net"
	"net/http/httptest"
	"testing"
	"time"

	"ticker/feed/internal/queuetest"
	"ticker/feed/redis"
	"ticker/internal/redistest"
)

func TestAConnectionThatIsRefusedSaysWhyAndShowsNoPassword(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.Options{Password: "open sesame"})
	connect(t, server.URL()).do("set", "text", "x")
	at := "redis://" + server.Addr()
	for name, c := range map[string]struct {
		cfg  redis.Config
		want string
	}{
		"password":            {redis.Config{URL: at, Password: "sesame street", Channel: "q"}, "WRONGPASS"},
		"password, streaming": {redis.Config{URL: at, Password: "sesame street", Stream: "q"}, "WRONGPASS"},
		"none":                {redis.Config{URL: at, Channel: "q"}, "NOAUTH"},
		"user":                {redis.Config{URL: server.URL(), User: "nobody", Stream: "q"}, "WRONGPASS"},
		"database":            {redis.Config{URL: server.URL() + "/99", Channel: "q"}, "DB index is out of range"},
		"port":                {redis.Config{URL: "redis://127.0.0.1:1", Channel: "q"}, "connection refused"},
		"key":                 {redis.Config{URL: server.URL(), Stream: "text"}, "WRONGTYPE"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			queuetest.Run(t, newSource(t, c.cfg), queuetest.NewJournal()).AwaitError(t, c.want)
		})
	}
}

func TestALoginIsUsed(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t, redistest.Options{Password: "open sesame"})
	connect(t, server.URL()).do("acl", "setuser", "reader", "on", ">swordfish", "~*", "&*", "+@all")
	for name, cfg := range map[string]redis.Config{
		"of the address": {URL: server.URL()},
		"of its own":     {URL: "redis://" + server.Addr(), User: "reader", Password: "swordfish"},
		"in its place":   {URL: server.URL(), User: "reader", Password: "swordfish"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg.Stream = t.Name()
			start(t, cfg)
		})
	}
}

func TestAServerIsTrustedForItsCertificate(t *testing.T) {
	t.Parallel()
	unknown := httptest.NewTLSServer(nil)
	t.Cleanup(unknown.Close)
	proxy := queuetest.NewProxy(t, shared.Server(t).URL(), nil, unknown.TLS.Certificates...)
	source := newSource(t, redis.Config{URL: proxy.URL, Channel: "q"})
	queuetest.Run(t, source, queuetest.NewJournal()).AwaitError(t, "x509")
}

func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	silent, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = silent.Close() })
	for name, cfg := range map[string]redis.Config{
		"listening": {Channel: "q", URL: shared.Server(t).URL()},
		"reading":   {Stream: "q", URL: shared.Server(t).URL()},
		"greeting":  {Channel: "q", URL: "redis://" + silent.Addr().String()},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg.Heartbeat = time.Hour
			sink := queuetest.NewJournal()
			r := queuetest.Run(t, newSource(t, cfg), sink)
			if name == "greeting" {
				awaitGreeting(t, silent)
			} else {
				sink.AwaitConnection(t)
			}
			r.Stop(t)
		})
	}
}

// awaitGreeting waits until a client has said something, and does not answer.
func awaitGreeting(t *testing.T, l net.Listener) {
	t.Helper()
	conn, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := conn.Read(make([]byte, 1)); err != nil {
		t.Error(err)
	}
}
