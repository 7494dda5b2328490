package server_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ticker/auth"
	"ticker/market"
	"ticker/server"
)

// countingAuthority allows everything, and counts what it is asked.
type countingAuthority struct{ asked atomic.Int64 }

func (a *countingAuthority) Authenticate(context.Context, string) (*auth.Grant, error) {
	a.asked.Add(1)
	all, err := market.ParsePattern("*")
	return &auth.Grant{Subject: "crowd", Read: auth.NewPatterns([]market.Pattern{all})}, err
}

func (*countingAuthority) Current(g *auth.Grant) *auth.Grant { return g }

// crowd is many clients that come at one time and do as they are told.
type crowd struct {
	rig   *rig
	group sync.WaitGroup

	mu       sync.Mutex
	admitted []time.Duration // since they came
	told     map[int]int     // how many were told to wait for so many seconds
}

// join tries until it has a session.
func (c *crowd) join(began time.Time) {
	for {
		wait, err := c.try()
		switch {
		case err != nil:
			c.rig.t.Error(err)
			return
		case wait == 0:
			c.mu.Lock()
			c.admitted = append(c.admitted, time.Since(began))
			c.mu.Unlock()
			return
		}
		c.mu.Lock()
		c.told[wait]++
		c.mu.Unlock()
		<-time.After(time.Duration(wait) * time.Second)
	}
}

// try makes a handshake. It returns the seconds to wait for, 0 for a session.
func (c *crowd) try() (wait int, err error) {
	conn, err := c.rig.dial()
	if err != nil {
		return 0, err
	}
	if _, err := io.WriteString(conn, "GET /v1/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nAuthorization: Bearer x\r\n\r\n"); err != nil {
		return 0, err
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode == http.StatusSwitchingProtocols {
		c.rig.t.Cleanup(func() { _ = conn.Close() })
		return 0, nil
	}
	defer func() { _ = conn.Close() }()
	return strconv.Atoi(resp.Header.Get("Retry-After"))
}

func TestTenThousandClientsAtOnceComeInNoFasterThanTheRateAndAllDo(t *testing.T) {
	t.Parallel()
	const clients, perSecond, burst = 10_000, 500, 1000
	authority := &countingAuthority{}
	inBubble(t, func(r *rig) {
		bystander := r.shakeAs("x")
		bystander.subscribe(20*ms, "A")
		storm := &crowd{rig: r, told: make(map[int]int)}
		began := time.Now()
		for range clients {
			storm.group.Go(func() { storm.join(began) })
		}
		for i := range 100 { // nobody who is in suffers
			sent := time.Now()
			r.quote("A", int64(i+1))
			bystander.quotes()
			if took := time.Since(sent); took > 20*ms {
				t.Fatalf("a record takes %v", took)
			}
			sleep(100 * ms)
		}
		storm.group.Wait()
		slices.Sort(storm.admitted)
		for i, at := range storm.admitted {
			// The bystander has one of the burst; time counts in whole handshakes.
			if earliest := time.Duration(i-burst) * time.Second / perSecond; at < earliest {
				t.Fatalf("the %dth is in after %v", i+1, at)
			}
		}
		last := storm.admitted[len(storm.admitted)-1]
		if len(storm.admitted) != clients || last > 2*time.Minute {
			t.Errorf("%d are in, the last after %v", len(storm.admitted), last)
		}
		refused := 0
		for _, n := range storm.told {
			refused += n
		}
		for wait, n := range storm.told {
			if n > refused/4 {
				t.Errorf("%d of %d are to come back in %d s", n, refused, wait)
			}
		}
		if asked := authority.asked.Load(); asked != clients+1 {
			t.Errorf("%d credentials were judged", asked)
		}
		if got := r.metric(`ticker_refusals_total{reason="handshake_rate"}`); got != strconv.Itoa(refused) {
			t.Errorf("%s refused, %d were told", got, refused)
		}
	}, func(_ testing.TB, cfg *server.Config) {
		cfg.Limits.Sessions, cfg.Limits.Handshakes = clients+1, perSecond
		cfg.Authority = authority
	})
}
