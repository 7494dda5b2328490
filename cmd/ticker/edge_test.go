package main

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/gorilla/websocket"
)

func TestProxiesAreAddressesOrNetworks(t *testing.T) {
	t.Parallel()
	var v networksValue
	for text, want := range map[string]string{
		"192.0.2.1":               "192.0.2.1",
		"10.0.0.0/8 ::1":          "10.0.0.0/8 ::1",
		"2001:db8::/32 127.0.0.1": "2001:db8::/32 127.0.0.1",
		"":                        "",
	} {
		if err := v.set(strings.Fields(text)); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if diff := cmp.Diff(strings.Fields(want), v.get(), cmp.Comparer(func(a, b []string) bool {
			return strings.Join(a, " ") == strings.Join(b, " ")
		})); diff != "" {
			t.Errorf("%q: %s", text, diff)
		}
	}
	for _, text := range []string{"0.0.0.0/0", "::/0"} {
		if err := v.set([]string{text}); err == nil || !strings.Contains(err.Error(), "everybody") {
			t.Errorf("%q: %v", text, err)
		}
	}
	for _, text := range []string{"proxy.example.com", "10.0.0.0/33", "10.0.0.1:80", "*"} {
		if err := v.set([]string{text}); err == nil || !strings.Contains(err.Error(), "want one such as") {
			t.Errorf("%q: %v", text, err)
		}
	}
}

func TestSessionsHaveNoAgeOnLoopbackUnlessOneIsGiven(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]time.Duration{
		"listen: 127.0.0.1:0":                                                        0,
		"listen: '[::1]:0'\nlimits: {session_age: 1h}":                               time.Hour,
		"listen: 0.0.0.0:0\nauth: {mode: none}":                                      24 * time.Hour,
		"listen: 0.0.0.0:0\nauth: {mode: none}\nlimits: {session_age: 0s}":           0,
		"listen: 192.0.2.1:0\nauth: {mode: none}\nlimits: {sessions: 1, symbols: 2}": 24 * time.Hour,
	} {
		c := newConfiguration()
		if err := c.file(writeFile(t, text)); err != nil {
			t.Fatal(err)
		}
		c.check()
		if err := c.err(); err != nil || c.settings.limits.sessionAge != want {
			t.Errorf("%q: %v, %v; want %v", text, c.settings.limits.sessionAge, err, want)
		}
	}
}

func TestSessionsBehindAProxyCountForTheirClients(t *testing.T) {
	t.Parallel()
	r := startServe(t, "--config", writeFile(t, "proxies: [127.0.0.0/8]\nlimits: {per_address: 2}"))
	knock := func(client string) int {
		header := http.Header{"X-Forwarded-For": {client}, "X-Forwarded-Proto": {"https"}, "Origin": {"https://desk.example.com"}, "X-Forwarded-Host": {"desk.example.com"}}
		conn, resp, err := websocket.DefaultDialer.DialContext(t.Context(), strings.Replace(r.public, "http", "ws", 1)+"/v1/ws", header)
		if err == nil {
			t.Cleanup(func() { _ = conn.Close() })
		}
		if resp == nil {
			t.Fatal(err)
		}
		defer closing(t, resp.Body)
		return resp.StatusCode
	}
	got := []int{knock("198.51.100.1"), knock("198.51.100.1"), knock("198.51.100.1"), knock("198.51.100.2")}
	if diff := cmp.Diff([]int{101, 101, 429, 101}, got); diff != "" {
		t.Error("statuses (-want +got):\n" + diff)
	}
	_, metrics := get(t, r.admin+"/metrics")
	for _, want := range []string{`ticker_refusals_total{reason="address"} 1`, `ticker_refusals_total{reason="full"} 0`, `ticker_pressure{resource="descriptors"} `, "ticker_sessions_shed_total 0"} {
		if !strings.Contains(metrics, want) {
			t.Errorf("no %s", want)
		}
	}
}

func TestABodyTenThousandLevelsDeepIsRefused(t *testing.T) {
	t.Parallel()
	r := startServe(t, "--feed", "push:")
	deep := strings.Repeat("[", 10_000) + "1" + strings.Repeat("]", 10_000)
	for _, body := range []string{
		deep,
		strings.Repeat("[", 1_000_000),
		strings.Repeat(`{"":`, 10_000) + "1" + strings.Repeat("}", 10_000),
		`{"symbol":"A","bid":1,"x":` + deep + `}`,
		`[{"symbol":"A","bid":1,"x":` + deep + `}]`,
	} {
		code, answer := post(t, r.public+"/v1/quotes", body)
		if code != http.StatusOK || !strings.HasPrefix(answer, `{"accepted":0,"rejected":[{"line":1,`) || len(answer) > 500 {
			t.Errorf("%.40s…: %d %.200s", body, code, answer)
		}
	}
}
