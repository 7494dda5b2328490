package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"ticker/internal/natstest"
	"ticker/internal/redistest"
	"ticker/internal/servertest"
)

// quote is what of a record these tests look at.
type quote struct {
	Symbol, Status, Reason string
	Seq                    uint64
	Bid                    json.Number
}

// viewer is a session that keeps what it is sent.
type viewer struct {
	t       *testing.T
	mu      sync.Mutex
	records []quote
}

// view opens a session at a node and subscribes.
func view(t *testing.T, public, options string) *viewer {
	t.Helper()
	conn := dial(t, &running{public: public})
	answer := request(t, conn, `{"type":"command","id":"1","action":"subscribe","interval":"20ms",`+options+`}`)
	if !strings.Contains(answer, `"subscribed"`) {
		t.Fatalf("subscribe at %s: %s", public, answer)
	}
	v := &viewer{t: t}
	var reading sync.WaitGroup
	reading.Go(func() { v.read(conn) })
	t.Cleanup(func() { // before the connection is closed
		if err := conn.SetReadDeadline(time.Now()); err != nil {
			t.Error(err)
		}
		reading.Wait()
	})
	return v
}

func (v *viewer) read(conn *websocket.Conn) {
	for {
		_, text, err := conn.ReadMessage()
		if err != nil {
			return
		}
		var message struct{ Quotes []quote }
		if err := json.Unmarshal(text, &message); err != nil {
			v.t.Error(err)
			return
		}
		v.mu.Lock()
		v.records = append(v.records, message.Quotes...)
		v.mu.Unlock()
	}
}

// last returns the newest record of a symbol.
func (v *viewer) last(symbol string) (q quote) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, r := range v.records {
		if r.Symbol == symbol {
			q = r
		}
	}
	return q
}

// await waits until the newest record of a symbol is so.
func (v *viewer) await(what, symbol string, so func(quote) bool) quote {
	v.t.Helper()
	var q quote
	eventually(v.t, what, func() bool {
		q = v.last(symbol)
		return so(q)
	})
	return q
}

// checkRising wants every symbol's sequence to rise with every record.
func (v *viewer) checkRising() {
	v.t.Helper()
	v.mu.Lock()
	defer v.mu.Unlock()
	seen := make(map[string]uint64)
	for _, r := range v.records {
		if r.Seq <= seen[r.Symbol] {
			v.t.Errorf("%s: seq %d after %d", r.Symbol, r.Seq, seen[r.Symbol])
		}
		seen[r.Symbol] = r.Seq
	}
}

// engines starts what can carry a stream, and returns the URLs.
func engines(t *testing.T) map[string]string {
	t.Helper()
	return map[string]string{
		"nats":  natstest.Start(t, natstest.Options{}).URL(),
		"redis": "redis://" + redistest.Start(t, redistest.Options{}).Addr(),
	}
}

func startEdge(t *testing.T, engine string) *running {
	t.Helper()
	return startServe(t, "--relay", engine, "--role", "edge")
}

// cursorBehind returns a cursor of a node behind everything that it has now.
func cursorBehind(t *testing.T, node *running) (cursor string) {
	t.Helper()
	before := ""
	eventually(t, "a later cursor", func() bool {
		var answer struct{ Cursor string }
		if _, body := get(t, node.public+"/v1/snapshot?symbols=A"); json.Unmarshal([]byte(body), &answer) != nil {
			return false
		}
		if cursor = answer.Cursor; before == "" {
			before = cursor
		}
		return cursor != before
	})
	return cursor
}

func ingest(engine string) []string {
	return []string{"--relay", engine, "--role", "ingest", "--feed", "push:", "--history", "off"}
}

// offer pushes quotes until a node takes them: one that does not lead does not.
func offer(t *testing.T, lines string, nodes ...string) {
	t.Helper()
	eventually(t, "a node that takes quotes", func() bool {
		for _, node := range nodes {
			if code, _ := post(t, node+"/v1/quotes", lines); code == http.StatusOK {
				return true
			}
		}
		return false
	})
}

func TestEdgesServeWhatAnotherNodeTakesIn(t *testing.T) {
	t.Parallel()
	for name, engine := range engines(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			leader := startServe(t, ingest(engine)...)
			offer(t, `{"symbol":"A","bid":1}`+"\n"+`{"symbol":"A","bid":2}`+"\n"+`{"symbol":"B","bid":7}`, leader.public)
			first, second := startEdge(t, engine), startEdge(t, engine)
			for _, edge := range []*running{first, second} {
				eventually(t, "the snapshot", func() bool {
					_, body := get(t, edge.public+"/v1/snapshot?symbols=A,B")
					return strings.Contains(body, `"symbol":"A","seq":2,"bid":2,`) && strings.Contains(body, `"symbol":"B","seq":1,"bid":7,`)
				})
			}
			v := view(t, first.public, `"symbols":["A"]`)
			v.await("the record there is", "A", func(q quote) bool { return q.Bid == "2" })
			leader.push(`{"symbol":"A","bid":3}`)
			q := v.await("the next one", "A", func(q quote) bool { return q.Bid == "3" })
			if q.Seq != 3 || q.Status != "" {
				t.Errorf("got %+v, want seq 3", q)
			}
			v.checkRising()

			// What happens while it is away is all that the client hears of at the other edge.
			cursor := cursorBehind(t, first)
			view(t, second.public, `"symbols":["A","B"]`).await("both records", "B", func(q quote) bool { return q.Bid == "7" })
			leader.push(`{"symbol":"B","bid":8}`)
			back := view(t, second.public, fmt.Sprintf(`"symbols":["A","B"],"since":%q`, cursor))
			back.await("what changed", "B", func(q quote) bool { return q.Bid == "8" })
			if q := back.last("A"); q.Seq != 0 {
				t.Errorf("A came again: %+v", q)
			}
		})
	}
}

func TestAStandbyTakesOverAndNothingGoesBack(t *testing.T) {
	t.Parallel()
	for name, engine := range engines(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := t.TempDir()
			leader := spawn(t, append(ingest(engine), "--data", filepath.Join(data, "1"))...)
			leader.log.line(t, "this node leads")
			standby := spawn(t, append(ingest(engine), "--data", filepath.Join(data, "2"))...)
			edge := startEdge(t, engine)
			offer(t, `{"symbol":"A","bid":1}`+"\n"+`{"symbol":"A","bid":2}`, leader.public)
			v := view(t, edge.public, `"symbols":["A"]`)
			v.await("the leader's record", "A", func(q quote) bool { return q.Bid == "2" })
			before := v.await("a live record", "A", func(q quote) bool { return q.Status == "" })

			leader.kill()
			v.await("staleness, told", "A", func(q quote) bool { return q.Status == "stale" && q.Reason == "disconnected" })
			offer(t, `{"symbol":"A","bid":3}`, standby.public)
			after := v.await("the standby's record", "A", func(q quote) bool { return q.Bid == "3" && q.Status == "" })
			if after.Seq <= before.Seq {
				t.Errorf("seq %d after %d", after.Seq, before.Seq)
			}
			v.checkRising()
		})
	}
}

func TestAnEdgeWithoutItsEngineServesOnMarkedStaleAndHeals(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{})
	leader := startServe(t, ingest(server.URL())...)
	offer(t, `{"symbol":"A","bid":1}`, leader.public)
	edge := startEdge(t, server.URL())
	v := view(t, edge.public, `"symbols":["A"]`)
	v.await("the record", "A", func(q quote) bool { return q.Bid == "1" && q.Status == "" })
	server.Kill(t)
	v.await("staleness, told", "A", func(q quote) bool { return q.Status == "stale" })
	if code, body := get(t, edge.public+"/v1/snapshot?symbols=A"); code != http.StatusOK || !strings.Contains(body, `"bid":1`) {
		t.Errorf("a snapshot meanwhile: %d %s", code, body)
	}
	if code, _ := get(t, edge.admin+"/readyz"); code != http.StatusServiceUnavailable {
		t.Errorf("ready without an engine: %d", code)
	}
	leader.push(`{"symbol":"A","bid":2}`) // its feed goes on
	server.Restart(t)
	v.await("the newest record, live", "A", func(q quote) bool { return q.Bid == "2" && q.Status == "" })
	v.checkRising()
}

func TestAStandbyIsReadyThoughItDoesNotRecord(t *testing.T) {
	t.Parallel()
	engine := natstest.Start(t, natstest.Options{}).URL()
	for range 2 {
		node := startServe(t, "--relay", engine, "--role", "ingest", "--feed", "push:")
		eventually(t, "readiness", func() bool {
			code, _ := get(t, node.admin+"/readyz")
			return code == http.StatusOK
		})
	}
}

func TestARecorderKeepsWhatAnotherNodeTakesIn(t *testing.T) {
	t.Parallel()
	engine := natstest.Start(t, natstest.Options{}).URL()
	leader := startServe(t, ingest(engine)...)
	recorder := startServe(t, "--relay", engine, "--role", "recorder")
	offer(t, `{"symbol":"A","last":10.50,"lastSize":2}`+"\n"+`{"symbol":"A","last":11,"lastSize":1}`, leader.public)
	leader.push(`{"symbol":"A","last":9.25,"lastSize":4}`)
	eventually(t, "all trades in a candle", func() bool {
		_, body := get(t, recorder.public+"/v1/candles/A?step=24h")
		return strings.Contains(body, `"open":10.50,"high":11,"low":9.25,"close":9.25,"volume":7,"trades":3`)
	})
}

func TestNodesDoWhatTheirRoleIsForAndNothingElse(t *testing.T) {
	t.Parallel()
	ports, err := servertest.FreePorts(1)
	if err != nil {
		t.Fatal(err)
	}
	leader := startServe(t, "--relay", "embedded:?listen="+servertest.Addr(ports[0]), "--role", "ingest", "--history", "off")
	for _, path := range []string{"/v1/ws", "/v1/sse?symbols=A", "/v1/poll?symbols=A"} {
		if code, body := get(t, leader.public+path); code != http.StatusServiceUnavailable || !strings.Contains(body, "serves no sessions") {
			t.Errorf("%s: %d %s", path, code, body)
		}
	}
	for text, want := range map[string]string{
		"relay: {role: edge}":                                                      "relay.role: edge needs relay.url",
		"relay: {role: edge, url: 'embedded:'}":                                    "relay.url: embedded: is for a node that takes quotes in",
		"relay: {role: edge, url: 'nats://h:1'}\nfeeds: ['sim:']":                  "feeds: means nothing to a node with relay.role: edge",
		"relay: {role: edge, url: 'nats://h:1'}\nhistory: {url: 'sqlite:'}":        "history.url: an edge records nothing",
		"relay: {role: recorder, url: 'redis://h:1'}\nhistory: {url: off}":         "history.url: a recorder needs a history",
		"relay: {role: all, url: 'kafka://h:1'}":                                   "relay.url: names no engine",
		"relay: {role: all, url: 'nats://h:1?prefex=a'}":                           "prefex",
		"relay: {role: boss}":                                                      `relay.role: "boss" is not known`,
		"relay: {role: all, url: 'nats://h:1?user=a&password=hunter2', every: 1h}": "relay.every",
	} {
		code, _, stderr := program(t, nil, "config", "check", writeFile(t, text))
		if code != 2 || !strings.Contains(stderr, want) || strings.Contains(stderr, "hunter2") {
			t.Errorf("%s: exit %d: %s", text, code, stderr)
		}
	}
	_, stdout, _ := program(t, nil, "config", "print", "--config", writeFile(t, "relay: {url: 'nats://me:hunter2@h:1,g:2?token=hunter2'}"))
	if strings.Contains(stdout, "hunter2") || !strings.Contains(stdout, "nats://xxxxx@h:1,g:2?token=xxxxx") {
		t.Errorf("printed:\n%s", stdout)
	}
}
