package faults_test

import (
	"fmt"
	"strings"
	"testing"

	toxiproxy "github.com/Shopify/toxiproxy/v2"
	"github.com/rs/zerolog"
)

// network is what lies between two ends, and can be spoilt.
type network struct {
	t     *testing.T
	proxy *toxiproxy.Proxy
	// addr is where it listens.
	addr string
}

// between opens a network to an address until the test ends.
func between(t *testing.T, address string) *network {
	t.Helper()
	server := toxiproxy.NewServer(toxiproxy.NewMetricsContainer(nil), zerolog.Nop())
	proxy := toxiproxy.NewProxy(server, t.Name(), "127.0.0.1:0", address)
	if err := proxy.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(proxy.Stop)
	return &network{t, proxy, proxy.Listen}
}

// spoil adds a toxic, "up" from whoever connected or "down" to them.
func (n *network) spoil(name, kind, direction, attributes string) {
	n.t.Helper()
	text := fmt.Sprintf(`{"name":%q,"type":%q,"stream":"%sstream","attributes":{%s}}`, name, kind, direction, attributes)
	if _, err := n.proxy.Toxics.AddToxicJson(strings.NewReader(text)); err != nil {
		n.t.Fatal(err)
	}
}

// cut ends all connections, and heal accepts new ones on the same address.
func (n *network) cut() { n.proxy.Stop() }

func (n *network) heal() {
	n.t.Helper()
	n.proxy.Toxics.ResetToxics(n.t.Context())
	if err := n.proxy.Start(); err != nil {
		n.t.Fatal(err)
	}
}
