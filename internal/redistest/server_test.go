package redistest

import (
	"errors"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// connect returns a client that tries once.
func connect(t *testing.T, url string) *redis.Client {
	t.Helper()
	options, err := redis.ParseURL(url)
	if err != nil {
		t.Fatal(err)
	}
	options.MaxRetries, options.ContextTimeoutEnabled = -1, true
	client := redis.NewClient(options)
	t.Cleanup(func() {
		if err := client.Close(); err != nil {
			t.Error(err)
		}
	})
	return client
}

func TestTheServerIsHeardOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	server := Start(t, Options{})
	bound, err := connect(t, server.URL()).ConfigGet(t.Context(), "bind").Result()
	if err != nil || bound["bind"] != "127.0.0.1" {
		t.Errorf("it listens at %q: %v", bound["bind"], err)
	}
}

func TestWritesOutliveAKillIfTheyAreToPersist(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		options Options
		want    string
	}{
		"persist": {Options{Persist: true}, "7"},
		"fast":    {Options{}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := Start(t, c.options)
			client := connect(t, server.URL())
			if err := client.Set(t.Context(), "mark", "7", 0).Err(); err != nil {
				t.Fatal(err)
			}
			server.Kill(t)
			if err := client.Ping(t.Context()).Err(); err == nil {
				t.Error("a killed server answers")
			}
			server.Restart(t)
			got, err := connect(t, server.URL()).Get(t.Context(), "mark").Result()
			if got != c.want || err != nil && !errors.Is(err, redis.Nil) {
				t.Errorf("after the kill the mark is %q, not %q: %v", got, c.want, err)
			}
		})
	}
}

func TestAPasswordIsAskedFor(t *testing.T) {
	t.Parallel()
	server := Start(t, Options{Password: "open sesame"})
	if err := connect(t, server.URL()).Ping(t.Context()).Err(); err != nil {
		t.Error(err)
	}
	if err := connect(t, "redis://"+server.Addr()).Ping(t.Context()).Err(); err == nil || !strings.HasPrefix(err.Error(), "NOAUTH") {
		t.Errorf("without a password: %v", err)
	}
}

func TestAServerThatDoesNotStartSaysWhy(t *testing.T) {
	t.Parallel()
	_, err := Options{Settings: map[string]string{"maxmemory": "none"}}.Launch()
	if err == nil {
		t.Fatal("it started")
	}
	if text := err.Error(); !strings.Contains(text, "maxmemory") {
		t.Errorf("its log is not in the error: %s", text)
	}
}
