package server_test

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ticker/internal/pipenet"
	"ticker/server"
	"ticker/wire"
)

// street is a listener in memory whose clients have addresses.
type street struct {
	*pipenet.Listener
	callers chan *net.TCPAddr

	mu sync.Mutex // dials come one at a time
}

func newStreet() *street {
	return &street{Listener: pipenet.Listen(pipeRoom), callers: make(chan *net.TCPAddr)}
}

// Accept returns a connection under the address of whoever dialled.
func (s *street) Accept() (net.Conn, error) {
	conn, err := s.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return house{conn.(*pipenet.Conn), <-s.callers}, nil
}

// dialFrom returns a function that dials from an address.
func (s *street) dialFrom(t testing.TB, address string) func() (net.Conn, error) {
	t.Helper()
	caller := net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.MustParseAddr(address), 4711))
	return func() (net.Conn, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		conn, err := s.Dial(context.WithoutCancel(t.Context()))
		if err == nil {
			s.callers <- caller
		}
		return conn, err
	}
}

// house is one end of a connection on a street.
type house struct {
	*pipenet.Conn
	caller *net.TCPAddr
}

func (h house) RemoteAddr() net.Addr { return h.caller }

// onStreet runs a service whose clients have addresses, in fake time.
func onStreet(t *testing.T, test func(r *rig, from func(address string) *rig), changes ...change) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ln := newStreet()
		r := newRig(t, ln, changes...)
		r.addr = "pipe"
		test(r, func(address string) *rig {
			client := *r
			client.dial = ln.dialFrom(t, address)
			return &client
		})
	})
}

func perAddress(most int) change {
	return func(_ testing.TB, cfg *server.Config) { cfg.Limits.PerAddress = most }
}

func behind(networks ...string) change {
	return func(_ testing.TB, cfg *server.Config) {
		for _, text := range networks {
			cfg.Proxies = append(cfg.Proxies, netip.MustParsePrefix(text))
		}
	}
}

// expectCrowded expects that an address gets no session by any way.
func (r *rig) expectCrowded(headers ...string) {
	r.t.Helper()
	_, shaken := r.shake(headers...)
	_, followed := r.follow("/v1/sse?symbols=A", headers...)
	for road, got := range map[string]answer{
		"WebSocket": shaken, "event stream": followed, "poll": r.get("/v1/poll?symbols=A&wait=0s", headers...),
	} {
		wait, err := strconv.Atoi(got.header.Get("Retry-After"))
		if got.status != http.StatusTooManyRequests || !strings.Contains(got.body, `"code":"rate_limited"`) || err != nil || wait < 1 {
			r.t.Errorf("%s: %+v", road, got)
		}
	}
}

func TestSessionsOfAnAddressAreBoundedOnEveryRoad(t *testing.T) {
	t.Parallel()
	onStreet(t, func(r *rig, from func(string) *rig) {
		office, home := from("203.0.113.9"), from("203.0.113.10")
		first := office.connect(wire.JSON)
		if _, got := office.follow("/v1/sse?symbols=A"); got.status != http.StatusOK {
			t.Fatal(got)
		}
		office.expectCrowded()
		home.connect(wire.JSON)
		if got := r.metric(`ticker_refusals_total{reason="address"}`); got != "3" {
			t.Errorf("%s refused", got)
		}
		if got := office.get("/v1/symbols"); got.status != http.StatusOK {
			t.Errorf("a request that is no session: %+v", got)
		}
		first.write(frame(closing, ""))
		if got := first.closed(); got.code != 1005 {
			t.Errorf("closed with %+v", got)
		}
		synctest.Wait()
		office.connect(wire.JSON)
		office.expectCrowded()
	}, perAddress(2))
}

func TestAPollCountsForItsAddressWhileItWaits(t *testing.T) {
	t.Parallel()
	onStreet(t, func(_ *rig, from func(string) *rig) {
		office := from("203.0.113.9")
		var polling sync.WaitGroup
		polling.Go(func() { office.get("/v1/poll?symbols=A&wait=10s") })
		synctest.Wait()
		office.expectCrowded()
		polling.Wait()
		office.connect(wire.JSON)
	}, perAddress(1))
}

func TestAddressesOfOneIPv6NetworkCountTogether(t *testing.T) {
	t.Parallel()
	onStreet(t, func(_ *rig, from func(string) *rig) {
		from("2001:db8:1:2::1").connect(wire.JSON)
		from("2001:db8:1:2:ffff::7").expectCrowded()
		from("2001:db8:1:3::1").connect(wire.JSON)
	}, perAddress(1))
}

func TestProgramsOfThisMachineAreNotCounted(t *testing.T) {
	t.Parallel()
	onStreet(t, func(_ *rig, from func(string) *rig) {
		for i := range 30 {
			from(fmt.Sprintf("127.0.0.%d", 1+i%3)).connect(wire.JSON)
			from("::1").connect(wire.JSON)
		}
	}, perAddress(1))
}

func TestOnlyAProxyIsBelievedForWhomItSpeaks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		peer    string
		counted bool // by the address that the header names
	}{
		"a proxy":                 {"10.0.0.1", true},
		"a proxy on this machine": {"127.0.0.1", true},
		"a stranger":              {"203.0.113.9", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onStreet(t, func(_ *rig, from func(string) *rig) {
				peer := from(c.peer)
				as := func(client string) []string { return []string{"X-Forwarded-For", "192.0.2.66, " + client} }
				if _, got := peer.shake(as("198.51.100.1")...); got.status != http.StatusSwitchingProtocols {
					t.Fatal(got)
				}
				if !c.counted {
					peer.expectCrowded(as("198.51.100.2")...)
					return
				}
				peer.expectCrowded(as("198.51.100.1")...)
				if _, got := peer.shake(as("198.51.100.2")...); got.status != http.StatusSwitchingProtocols {
					t.Error(got)
				}
			}, perAddress(1), behind("10.0.0.0/8", "127.0.0.1/32"))
		})
	}
}

func TestOnlyAProxyIsBelievedByWhichNameItWasReached(t *testing.T) {
	t.Parallel()
	proxied := overTCP(t, behind("127.0.0.1/32"))
	direct := overTCP(t, behind("192.0.2.0/24"))
	const page = "https://app.example.com"
	told := func(scheme, host string) []string {
		return []string{"Origin", page, "Host", "inner:8080", "X-Forwarded-Proto", scheme, "X-Forwarded-Host", host}
	}
	for name, c := range map[string]struct {
		rig     *rig
		headers []string
		allowed bool
	}{
		"its own page, through a proxy":     {proxied, told("https", "app.example.com"), true},
		"its own page, with its port":       {proxied, told("HTTPS", "app.example.com:443"), true},
		"the nearest proxy counts":          {proxied, told("http, https", "evil.example.com, app.example.com"), true},
		"the host is handed on as it was":   {proxied, []string{"Origin", page, "Host", "app.example.com", "X-Forwarded-Proto", "https"}, true},
		"another scheme":                    {proxied, told("http", "app.example.com"), false},
		"a scheme that is none":             {proxied, told("wss", "app.example.com"), false},
		"another host":                      {proxied, told("https", "other.example.com"), false},
		"a proxy that says nothing of it":   {proxied, []string{"Origin", page, "Host", "inner:8080"}, false},
		"the same words of somebody else":   {direct, told("https", "app.example.com"), false},
		"the same words with the real host": {direct, []string{"Origin", page, "Host", "app.example.com", "X-Forwarded-Proto", "https"}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want := http.StatusForbidden
			if c.allowed {
				want = http.StatusSwitchingProtocols
			}
			if _, got := c.rig.shake(c.headers...); got.status != want {
				t.Errorf("%d, want %d", got.status, want)
			}
		})
	}
}

func TestTheLogNamesTheClientBehindAProxy(t *testing.T) {
	t.Parallel()
	var log logText
	onStreet(t, func(_ *rig, from func(string) *rig) {
		from("10.0.0.1").shake("X-Forwarded-For", "198.51.100.1", "Authorization", "Bearer nonsense")
		from("203.0.113.9").shake("X-Forwarded-For", "198.51.100.2", "Authorization", "Bearer nonsense")
	}, guarded, behind("10.0.0.0/8"), func(_ testing.TB, cfg *server.Config) {
		cfg.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	})
	for text, want := range map[string]bool{
		"remote=198.51.100.1 ": true, "remote=203.0.113.9:4711 ": true, "10.0.0.1": false, "198.51.100.2": false,
	} {
		if strings.Contains(log.String(), text) != want {
			t.Errorf("%q stands in the log: %v\n%s", text, !want, log.String())
		}
	}
}

// TestAnAddressThatComesAgainAndAgainLeavesTheRateToOthers has one address begin sessions
// that it gives up at once, as fast as it can.
func TestAnAddressThatComesAgainAndAgainLeavesTheRateToOthers(t *testing.T) {
	t.Parallel()
	onStreet(t, func(r *rig, from func(string) *rig) {
		flood, home := from("203.0.113.9"), from("203.0.113.10")
		statuses := make(map[int]int)
		for range 10 {
			for range 100 {
				conn, shaken := flood.shake()
				statuses[shaken.status]++
				if conn != nil {
					_ = conn.conn.Close() // it was answered
				}
			}
			synctest.Wait()
			home.connect(wire.JSON).write(frame(closing, ""))
			sleep(time.Second)
		}
		// Twenty at once, and two a second: a tenth of the rate.
		if in := statuses[http.StatusSwitchingProtocols]; in < 20+2*8 || in > 20+2*10 || in+statuses[http.StatusTooManyRequests] != 1000 {
			t.Errorf("answers to one address: %v", statuses)
		}
		if got := r.metric(`ticker_refusals_total{reason="handshake_rate"}`); got != "0" {
			t.Errorf("%s were refused for the rate of all", got)
		}
	}, perAddress(10), func(_ testing.TB, cfg *server.Config) { cfg.Limits.Handshakes = 20 })
}
