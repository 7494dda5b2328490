package deploy

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"ticker/internal/natstest"
	"ticker/internal/servertest"
)

// node is one service, in a process of its own.
type node struct {
	*servertest.Process
	admin string // the address of its admin listener
}

// nodeOptions say how a node differs from an ordinary one, which takes quotes in and
// serves sessions.
type nodeOptions struct {
	feed     string // a feed besides the pushed one, behind a comma
	relay    string // what it shares a stream by, if it does
	role     string // and its role there
	settings string // further lines of its configuration
}

// config returns the settings that a node has besides its addresses and its directory.
func (o nodeOptions) config() string {
	lines := []string{o.settings}
	if o.role != "edge" {
		lines = append(lines, fmt.Sprintf("feeds: ['push:'%s]", o.feed))
	}
	if o.relay != "" {
		lines = append(lines, fmt.Sprintf("relay: {url: %q, role: %s}", o.relay, o.role))
	}
	if !strings.Contains(o.settings, "history:") {
		lines = append(lines, "history: {url: 'off'}")
	}
	return strings.Join(lines, "\n")
}

// Launch starts a node that runs until it is closed.
func (o nodeOptions) Launch() (*node, error) {
	path, err := builtProgram()
	if err != nil {
		return nil, err
	}
	ports, err := servertest.FreePorts(2)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(buildDir, "node")
	if err != nil {
		return nil, fmt.Errorf("create directory: %w", err)
	}
	n := &node{admin: servertest.Addr(ports[1])}
	config := fmt.Sprintf("listen: %s\nadmin: %s\ndata: %s\n%s\n", servertest.Addr(ports[0]), n.admin, dir, o.config())
	n.Process, err = servertest.Launch(servertest.Program{
		Path: path, Args: []string{"serve", "--config", "ticker.yaml"}, Dir: dir, Port: ports[0],
		Files: map[string]string{"ticker.yaml": config}, Answers: lives(n.admin),
	})
	return n, err
}

// lives returns a test of whether a node answers its admin listener, which comes last.
func lives(admin string) func(context.Context, string) error {
	return func(ctx context.Context, _ string) error {
		code, text, err := request(ctx, http.DefaultClient, http.MethodGet, "http://"+admin+"/healthz", "")
		if err == nil && code != http.StatusOK {
			err = fmt.Errorf("it answers %d %s", code, text)
		}
		return err
	}
}

// startEdges starts three edges of one relay, and the node that takes quotes in for
// them. All are ready.
func startEdges(t *testing.T, settings string) (source *node, edges []*node) {
	t.Helper()
	o := nodeOptions{relay: natstest.Start(t, natstest.Options{}).URL(), role: "ingest"}
	source = servertest.Start(t, o)
	o.role, o.settings = "edge", settings
	for range 3 {
		edges = append(edges, servertest.Start(t, o))
	}
	for _, n := range append([]*node{source}, edges...) {
		await(t, "a node that is ready", func() bool {
			code, _, err := request(t.Context(), http.DefaultClient, http.MethodGet, "http://"+n.admin+"/readyz", "")
			return err == nil && code == http.StatusOK
		})
	}
	return source, edges
}

// push gives a node quotes.
func (n *node) push(ctx context.Context, quotes string) error {
	code, text, err := request(ctx, http.DefaultClient, http.MethodPost, "http://"+n.Addr()+"/v1/quotes", quotes)
	if err == nil && (code != http.StatusOK || !strings.Contains(text, `"rejected":[]`)) {
		err = fmt.Errorf("push quotes: %d %s", code, text)
	}
	return err
}

// publish gives a node quotes, and all edges with it.
func (n *node) publish(t *testing.T, of map[string]int) {
	t.Helper()
	must(t, n.push(t.Context(), bids(of)))
}

// metric returns a number that a node exports, by its name and labels.
func (n *node) metric(t *testing.T, series string) int {
	t.Helper()
	_, metrics, err := request(t.Context(), http.DefaultClient, http.MethodGet, "http://"+n.admin+"/metrics", "")
	must(t, err)
	_, rest, found := strings.Cut(metrics, "\n"+series+" ")
	value, _, _ := strings.Cut(rest, "\n")
	number, err := strconv.Atoi(value)
	if !found || err != nil {
		t.Fatalf("metric %s is %q: %v", series, value, err)
	}
	return number
}

// sessions returns how many sessions of a transport a node has.
func (n *node) sessions(t *testing.T, transport string) int {
	t.Helper()
	return n.metric(t, `ticker_sessions{transport="`+transport+`"}`)
}

// sessionsOf returns how many sessions of a transport some nodes have.
func sessionsOf(t *testing.T, nodes []*node, transport string) int {
	t.Helper()
	sum := 0
	for _, n := range nodes {
		sum += n.sessions(t, transport)
	}
	return sum
}

// request makes one request on a connection of its own.
func request(ctx context.Context, with *http.Client, method, url, body string) (int, string, error) {
	req, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return 0, "", err
	}
	req.Close = true
	resp, err := with.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = resp.Body.Close() }() // it was read
	text, err := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), err
}
