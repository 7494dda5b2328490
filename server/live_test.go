package server_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"ticker/server"
	"ticker/wire"
)

func (r *rig) reconfigure(l server.Live) {
	r.t.Helper()
	if err := r.srv.Reconfigure(l); err != nil {
		r.t.Fatal(err)
	}
}

// expectFull expects that there is no room for a session.
func (r *rig) expectFull() {
	r.t.Helper()
	if _, got := r.shake(); got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" {
		r.t.Errorf("%+v", got)
	}
}

func TestALimitThatIsLoweredRefusesTheNextAndEndsNobody(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		var old []*raw
		for range 30 {
			old = append(old, r.connect(wire.JSON))
		}
		r.reconfigure(server.Live{Sessions: 2, Connections: 4})
		r.expectFull()
		if got := r.metric(`ticker_refusals_total{reason="full"}`); got != "1" {
			t.Errorf("%s refused", got)
		}
		// Those that stay beyond the limit leave room for requests.
		if got := r.get("/v1/symbols"); got.status != http.StatusOK {
			t.Errorf("a request that is no session: %+v", got)
		}
		for _, c := range old {
			c.lives()
		}
		r.reconfigure(server.Live{Sessions: 31})
		r.connect(wire.JSON)
		r.expectFull()
	})
}

func TestSessionsOfAnAddressAreBoundedByTheNewestLimit(t *testing.T) {
	t.Parallel()
	onStreet(t, func(r *rig, from func(string) *rig) {
		office := from("203.0.113.9")
		first := office.connect(wire.JSON)
		office.expectCrowded()
		r.reconfigure(server.Live{PerAddress: 2})
		office.connect(wire.JSON)
		office.expectCrowded()
		r.reconfigure(server.Live{PerAddress: 1})
		office.expectCrowded()
		first.lives()
	}, perAddress(1))
}

func TestHandshakesAreBoundedByTheNewestRate(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		r.reconfigure(server.Live{Handshakes: 2})
		for range 4 {
			r.connect(wire.JSON)
		}
		r.expectFull()
		r.reconfigure(server.Live{Handshakes: 10})
		sleep(time.Second)
		for range 10 {
			r.connect(wire.JSON)
		}
		r.expectFull()
	})
}

func TestOriginsAreJudgedByTheNewestList(t *testing.T) {
	t.Parallel()
	const old, added = "https://old.example.com", "https://new.example.com"
	r := overTCP(t, withOrigins(old))
	session, got := r.shake("Origin", old)
	if got.status != http.StatusSwitchingProtocols || asWelcome(session.next()) == nil {
		t.Fatal(got)
	}
	for _, allowed := range []string{old, added} {
		r.reconfigure(server.Live{AllowedOrigins: []string{allowed}})
		for _, origin := range []string{old, added} {
			want, shared := http.StatusForbidden, ""
			if origin == allowed {
				want, shared = http.StatusSwitchingProtocols, origin
			}
			if _, got := r.shake("Origin", origin); got.status != want {
				t.Errorf("%s where %s is allowed: %+v", origin, allowed, got)
			}
			if got := r.get("/v1/symbols", "Origin", origin); got.header.Get("Access-Control-Allow-Origin") != shared {
				t.Errorf("%s where %s is allowed: %+v", origin, allowed, got)
			}
		}
	}
	session.lives()
}

func TestAConfigurationWithAMistakeChangesNothing(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		for want, l := range map[string]server.Live{
			"limit of sessions -1":        {Sessions: -1, AllowedOrigins: []string{"https://evil.example.com"}},
			"limit of handshakes -1":      {Handshakes: -1},
			"limit of connections 3":      {Sessions: 4, Connections: 3},
			`origin "ftp://a.com" is not`: {Sessions: 100, PerAddress: 100, AllowedOrigins: []string{"ftp://a.com"}},
		} {
			if err := r.srv.Reconfigure(l); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %s", err, want)
			}
		}
		if _, got := r.shake("Origin", "https://evil.example.com"); got.status != http.StatusForbidden {
			t.Errorf("%+v", got)
		}
		r.connect(wire.JSON)
		r.expectFull()
	}, func(_ testing.TB, cfg *server.Config) { cfg.Limits.Sessions = 1 })
}

func TestReconfiguringDisturbsNobodyWhoComes(t *testing.T) {
	t.Parallel()
	r := overTCP(t, withOrigins("*"))
	var coming sync.WaitGroup
	for range 4 {
		coming.Go(func() {
			for range 25 {
				if _, got := r.shake("Origin", "https://app.example.com"); got.status != http.StatusSwitchingProtocols {
					t.Errorf("%+v", got)
				}
			}
		})
	}
	for i := range 200 {
		r.reconfigure(server.Live{Sessions: 1000 + i, PerAddress: 1000 + i, Handshakes: 1000 + i, AllowedOrigins: []string{"https://app.example.com"}})
	}
	coming.Wait()
}
