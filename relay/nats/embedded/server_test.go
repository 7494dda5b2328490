package embedded_test

import (
	"context"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/internal/natsconn"
	"ticker/internal/servertest"
	"ticker/relay/internal/enginetest"
	"ticker/relay/nats"
	"ticker/relay/nats/embedded"
)

// running is a server that can be ended and started again.
type running struct {
	cfg embedded.Config

	cancel context.CancelFunc
	ended  sync.WaitGroup
}

// start starts a server on a port and in a directory of its own.
func start(t *testing.T, token string) *running {
	t.Helper()
	ports, err := servertest.FreePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	r := &running{cfg: embedded.Config{Listen: servertest.Addr(ports[0]), Dir: t.TempDir(), Token: token}}
	r.Restart(t)
	t.Cleanup(func() { r.Kill(t) })
	return r
}

func (r *running) Addr() string { return r.cfg.Listen }

func (r *running) Kill(testing.TB) {
	r.cancel()
	r.ended.Wait()
}

func (r *running) Restart(tb testing.TB) {
	tb.Helper()
	server, err := embedded.New(r.cfg)
	if err != nil {
		tb.Fatal(err)
	}
	var ctx context.Context
	ctx, r.cancel = context.WithCancel(context.Background())
	failed := make(chan error, 1)
	r.ended.Go(func() { failed <- server.Run(ctx) })
	select {
	case <-server.Ready():
	case err := <-failed:
		tb.Fatal(err)
	}
}

func TestEngine(t *testing.T) {
	t.Parallel()
	enginetest.Run(t, enginetest.Kit{
		Start: func(t *testing.T) enginetest.Server {
			t.Helper()
			return start(t, "")
		},
		New: func(addr string, reg prometheus.Registerer) (enginetest.Engine, error) {
			return nats.New(nats.Config{
				Access: natsconn.Access{URLs: []string{"nats://" + addr}}, Metrics: nats.NewMetrics(reg),
			})
		},
	})
}

func TestTheTokenIsAskedFor(t *testing.T) {
	t.Parallel()
	r := start(t, "open sesame")
	for _, token := range []string{"", "sesame"} {
		access := natsconn.Access{URLs: []string{"nats://" + r.Addr()}, Token: token}
		if conn, err := access.Connect(t.Context(), slog.New(slog.DiscardHandler)); err == nil {
			conn.Close()
			t.Errorf("the token %q opens it", token)
		}
	}
	engine, err := nats.ParseURL(r.cfg.EngineURL())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := engine.Connect(t.Context(), slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

func TestAServerThatCannotStartSaysWhy(t *testing.T) {
	t.Parallel()
	taken := start(t, "").cfg.Listen
	ports, err := servertest.FreePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	for want, cfg := range map[string]embedded.Config{
		"listening on port": {Listen: taken, Dir: t.TempDir()},
		"JetStream":         {Listen: servertest.Addr(ports[0]), Dir: filepath.Join("server_test.go", "not a directory")},
	} {
		server, err := embedded.New(cfg)
		if err != nil {
			t.Fatal(err)
		}
		if err := server.Run(t.Context()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q in it", err, want)
		}
	}
}

func TestAServerEndsWithItsContextBeforeItAnswers(t *testing.T) {
	t.Parallel()
	ports, err := servertest.FreePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	server, err := embedded.New(embedded.Config{Listen: servertest.Addr(ports[0]), Dir: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := server.Run(ctx); err != nil {
		t.Error(err)
	}
}
