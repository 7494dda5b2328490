package server_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"ticker/server"
	"ticker/wire"
)

// overTCPOn runs a service on an address until the test ends, and comes to it over
// 127.0.0.1.
func overTCPOn(t *testing.T, address string, changes ...change) *rig {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp4", address+":0")
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, ln, changes...)
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	r.addr = net.JoinHostPort("127.0.0.1", port)
	r.dial = func() (net.Conn, error) {
		return (&net.Dialer{}).DialContext(context.WithoutCancel(t.Context()), "tcp", r.addr)
	}
	return r
}

// everyRequest is one to each route, and to what is none.
func everyRequest() map[string]string {
	return map[string]string{
		"/": http.MethodGet, "/sdk/ticker.js": http.MethodGet, "/nothing": http.MethodGet, "/v1/nothing": http.MethodGet,
		"/v1/ws": http.MethodGet, "/v1/sse": http.MethodGet, "/v1/poll?symbols=A&wait=0s": http.MethodGet,
		"/v1/snapshot?symbols=A": http.MethodGet, "/v1/snapshot?symbols=A&at=1": http.MethodGet, "/v1/symbols": http.MethodHead,
		"/v1/history/A": http.MethodGet, "/v1/candles/A?step=1m": http.MethodGet, "/v1/quotes": http.MethodPost,
		"/v1/candles/A?step=1s": http.MethodOptions,
	}
}

// TestAPageWhoseNameWasMadeToLeadToThisMachineGetsNothing makes the requests that a browser
// makes for a page of its own origin: without an Origin.
func TestAPageWhoseNameWasMadeToLeadToThisMachineGetsNothing(t *testing.T) {
	t.Parallel()
	r := overTCP(t, withHistory(&archive{}), withPush(true), withOrigins("https://app.example.com"))
	r.quote("A", 1)
	_, port, _ := net.SplitHostPort(r.addr)
	for _, host := range []string{
		"evil.com", "evil.com:" + port, "localhost.evil.com", "evillocalhost", "127.0.0.1.evil.com", "app.example.com.evil.com:" + port,
		"192.0.2.1:" + port, "0.0.0.0:" + port, "[2001:db8::1]:" + port, "[::1].evil.com", "127.0.0.1:80:80", "127.1", "app_example.com",
	} {
		for target, method := range everyRequest() {
			got := r.request(method, target, "", "Host", host)
			if got.status != http.StatusForbidden || method != http.MethodHead && got.problem(t).Code != wire.CodeForbidden {
				t.Errorf("%s %s for %s: %+v", method, target, host, got)
			}
		}
		if _, got := r.shake("Host", host); got.status != http.StatusForbidden {
			t.Errorf("a handshake for %s: %+v", host, got)
		}
		if _, got := r.askEvents("symbols=A", "Host", host); got.status != http.StatusForbidden {
			t.Errorf("an event stream for %s: %+v", host, got)
		}
	}
	if got := r.metric(`ticker_http_problems_total{status="403"}`); got == "0" || got == "" {
		t.Errorf("%q refusals are counted", got)
	}
}

// TestOnlyWhereThisMachineAloneIsServedOnlyItsNamesAre tells names that are served from
// those that are not, by a request as a browser makes it for a page of its own origin.
func TestOnlyWhereThisMachineAloneIsServedOnlyItsNamesAre(t *testing.T) {
	t.Parallel()
	local := overTCP(t, withOrigins("https://App.Example.com", "http://[2001:db8::1]:8080"))
	anyPage := overTCP(t, withOrigins("*"))
	proxied := overTCP(t, behind("127.0.0.1/32"))
	elsewhere := overTCP(t, behind("192.0.2.0/24"))
	public := overTCPOn(t, "0.0.0.0")
	for name, c := range map[string]struct {
		rig    *rig
		host   string
		status int
	}{
		"its address":                         {local, local.addr, http.StatusOK},
		"another loopback address":            {local, "127.9.9.9:1", http.StatusOK},
		"the one of IPv6":                     {local, "[::1]", http.StatusOK},
		"the one of IPv6 with a port":         {local, "[::1]:8080", http.StatusOK},
		"one of IPv4 in IPv6":                 {local, "[::ffff:127.0.0.1]:8080", http.StatusOK},
		"its name":                            {local, "localhost", http.StatusOK},
		"its name in capitals, with a port":   {local, "LocalHost:8080", http.StatusOK},
		"a name below it":                     {local, "ticker.localhost:8080", http.StatusOK},
		"that of an allowed origin":           {local, "app.example.com", http.StatusOK},
		"that of one, with any port":          {local, "APP.example.com:8080", http.StatusOK},
		"the address of an allowed origin":    {local, "[2001:db8::1]:9", http.StatusOK},
		"a foreign one":                       {local, "evil.com", http.StatusForbidden},
		"one below that of an allowed origin": {local, "evil.app.example.com", http.StatusForbidden},
		"one above it":                        {local, "example.com", http.StatusForbidden},
		"any, where every page is allowed":    {anyPage, "evil.com", http.StatusOK},
		"any, through a proxy":                {proxied, "ticker.example.com", http.StatusOK},
		"any, through somebody else":          {elsewhere, "ticker.example.com", http.StatusForbidden},
		"any, where others come":              {public, "ticker.example.com", http.StatusOK},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, target := range []string{"/", "/v1/snapshot?symbols=A"} {
				if got := c.rig.get(target, "Host", c.host); got.status != c.status {
					t.Errorf("%s: %+v, want %d", target, got, c.status)
				}
			}
		})
	}
}

// TestProgramsThatNameNoHostAreServed: those that check health by HTTP 1.0.
func TestProgramsThatNameNoHostAreServed(t *testing.T) {
	t.Parallel()
	r := overTCP(t)
	conn := r.begin(t, "GET /v1/symbols HTTP/1.0\r\n\r\n")
	if got, err := io.ReadAll(conn); !strings.HasPrefix(string(got), "HTTP/1.0 200 ") {
		t.Errorf("%q, %v", got, err)
	}
}

// TestPagesOfAllowedOriginsLearnThatTheHostIsForeign: the answer is theirs to read.
func TestPagesOfAllowedOriginsLearnThatTheHostIsForeign(t *testing.T) {
	t.Parallel()
	r := overTCP(t, withOrigins("https://app.example.com"))
	got := r.get("/v1/symbols", "Origin", "https://app.example.com", "Host", "evil.com")
	if got.status != http.StatusForbidden || got.header.Get("Access-Control-Allow-Origin") != "https://app.example.com" {
		t.Errorf("%+v", got)
	}
}

func TestReconfiguredOriginsAreNamesToComeBy(t *testing.T) {
	t.Parallel()
	r := overTCP(t)
	if got := r.get("/", "Host", "app.example.com"); got.status != http.StatusForbidden {
		t.Errorf("%+v", got)
	}
	r.reconfigure(server.Live{AllowedOrigins: []string{"https://app.example.com"}})
	if got := r.get("/", "Host", "app.example.com"); got.status != http.StatusOK {
		t.Errorf("%+v", got)
	}
}
