package enginetest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"ticker/relay"
)

func killed(t *testing.T, k Kit) {
	server := k.Start(t)
	leader, follower := k.join(t, server.Addr()), k.join(t, server.Addr())
	ear := follower.listen(t, nil)
	must(t, follower.Follow(deadline(t), 1))
	server.Kill(t)
	await(t, "the end of connections", func() bool { return !leader.Connected() && !follower.Connected() })
	if err := leader.Send(deadline(t), []relay.Message{message(1, "lost")}); err == nil {
		t.Error("a message was sent to nobody")
	}
	if err := follower.Follow(deadline(t), 2); err == nil {
		t.Error("a partition is followed without a connection")
	}
	server.Restart(t)
	await(t, "new connections", func() bool { return leader.Connected() && follower.Connected() })
	end := message(marker, "end")
	leader.send(t, message(1, "after"), message(2, "after"), message(relay.Control, "after"), end)
	if got := strings.Join(ear.until(t, end), ", "); got != "1 after, 2 after, 256 after" {
		t.Errorf("heard %q after the server was killed", got)
	}
}

func halfOpen(t *testing.T, k Kit) {
	server := k.Start(t)
	network := between(t, server.Addr())
	leader, follower := k.join(t, server.Addr()), k.join(t, network.proxy.Listen)
	ear := follower.listen(t, nil)
	network.spoil("down")
	network.spoil("up")
	since := time.Now()
	await(t, "notice of the half-open connection", func() bool { return !follower.Connected() })
	t.Logf("noticed after %v", time.Since(since).Round(100*time.Millisecond))
	network.proxy.Toxics.ResetToxics(t.Context())
	await(t, "a new connection", follower.Connected)
	m := message(marker, "after")
	leader.send(t, m)
	ear.until(t, m)
}

// network is one between two ends that can be spoilt.
type network struct {
	t     *testing.T
	proxy *toxiproxy.Proxy
}

// between opens a network to an address until the test ends.
func between(t *testing.T, addr string) *network {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	proxy := toxiproxy.NewProxy(server, t.Name(), "127.0.0.1:0", addr)
	must(t, proxy.Start())
	t.Cleanup(func() {
		proxy.Toxics.ResetToxics(context.Background())
		proxy.Stop()
	})
	return &network{t, proxy}
}

// spoil lets nothing through in a direction, "up" from whoever connected or "down" to
// them, and tells neither end.
func (n *network) spoil(direction string) {
	n.t.Helper()
	toxic := fmt.Sprintf(`{"name":%q,"type":"timeout","stream":"%sstream","attributes":{"timeout":0}}`, direction, direction)
	_, err := n.proxy.Toxics.AddToxicJson(strings.NewReader(toxic))
	must(n.t, err)
}

// away asks everything of an engine that never was connected.
func away(t *testing.T, k Kit) {
	server := k.Start(t)
	server.Kill(t)
	e, err := k.New(server.Addr(), prometheus.NewRegistry())
	must(t, err)
	ctx, cancel := context.WithCancel(deadline(t))
	var running sync.WaitGroup
	defer running.Wait()
	defer cancel()
	running.Go(func() {
		if err := e.Run(ctx); err != nil {
			t.Errorf("run: %v", err)
		}
	})
	_, loading := e.Load(ctx, 1)
	_, acquiring := e.Acquire(ctx, "a", 0, time.Second)
	for what, err := range map[string]error{
		"send": e.Send(ctx, []relay.Message{message(1, "m")}), "keep": e.Keep(ctx, 1, nil), "want": e.Want(ctx, 1),
		"follow": e.Follow(ctx, 1), "load": loading, "acquire": acquiring,
		"renew": e.Renew(ctx, "a", 1, time.Second), "release": e.Release(ctx, "a", 1),
	} {
		if err == nil || ctx.Err() != nil {
			t.Errorf("%s without a connection: %v", what, err)
		}
	}
	e.Unfollow(1)
}
