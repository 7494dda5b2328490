package server_test

import (
	"bufio"
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"ticker/auth"
	"ticker/market"
	"ticker/server"
	"ticker/wire"
)

const jwtSecret = "0123456789abcdef0123456789abcdef"

func jwtConfig() auth.JWT { return auth.JWT{Algorithm: auth.HS256, Secret: jwtSecret} }

// doorman is an authority whose keys may be out of reach, and whose grants may be
// revoked by their subject.
type doorman struct {
	*auth.Authority

	mu      sync.Mutex
	away    bool
	revoked map[string]bool
}

func newDoorman(t testing.TB) *doorman {
	t.Helper()
	authority, err := auth.New(auth.Config{JWT: jwtConfig()})
	if err != nil {
		t.Fatal(err)
	}
	return &doorman{Authority: authority, revoked: make(map[string]bool)}
}

func (d *doorman) Authenticate(ctx context.Context, credential string) (*auth.Grant, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.away {
		return nil, &auth.Refusal{Reason: auth.KeysUnavailable}
	}
	return d.Authority.Authenticate(ctx, credential)
}

func (d *doorman) Current(g *auth.Grant) *auth.Grant {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.revoked[g.Subject] {
		return nil
	}
	return d.Authority.Current(g)
}

func (d *doorman) setAway(away bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.away = away
}

func (d *doorman) revoke(subject string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.revoked[subject] = true
}

// guarded gives a service an authority.
func guarded(t testing.TB, cfg *server.Config) {
	t.Helper()
	cfg.Authority = newDoorman(t)
}

// guardedBy gives it one that the test can change.
func guardedBy(d *doorman) change {
	return func(_ testing.TB, cfg *server.Config) { cfg.Authority = d }
}

// mint makes a token that is good for an hour unless its claims say otherwise.
func mint(t testing.TB, claims auth.Claims) string {
	t.Helper()
	if claims.Subject == "" {
		claims.Subject = "desk-1"
	}
	if claims.Expires.IsZero() {
		claims.Expires = time.Now().Add(time.Hour)
	}
	token, err := auth.Mint(jwtConfig(), claims)
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// reading makes a token for symbols.
func reading(t testing.TB, symbols ...string) string {
	t.Helper()
	return mint(t, auth.Claims{Rights: auth.Rights{Symbols: symbols}})
}

func bearer(token string) []string { return []string{"Authorization", "Bearer " + token} }

// tail is an event stream that is read.
type tail struct {
	t    testing.TB
	resp *http.Response
	in   *bufio.Reader
}

// follow opens an event stream, or is told why not.
func (r *rig) follow(target string, headers ...string) (*tail, answer) {
	r.t.Helper()
	conn, err := r.dial()
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = conn.Close() })
	req, err := http.NewRequestWithContext(r.t.Context(), http.MethodGet, "http://"+r.addr+target, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Add(headers[i], headers[i+1])
	}
	if err := req.Write(conn); err != nil {
		r.t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), req)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = resp.Body.Close() })
	if resp.StatusCode != http.StatusOK {
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			r.t.Fatal(err)
		}
		return nil, answer{resp.StatusCode, resp.Header, string(text)}
	}
	return &tail{r.t, resp, bufio.NewReader(resp.Body)}, answer{status: resp.StatusCode, header: resp.Header}
}

// next returns the name and the data of the next event, "" at the end.
func (s *tail) next() (name, data string) {
	s.t.Helper()
	for {
		line, err := s.in.ReadString('\n')
		switch {
		case err != nil:
			return "", ""
		case line == "\n":
			return name, data
		}
		key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		switch key {
		case "event":
			name = value
		case "data":
			data = value
		}
	}
}

// until returns the data of the next event of that name.
func (s *tail) until(name string) string {
	s.t.Helper()
	for {
		got, data := s.next()
		switch got {
		case name:
			return data
		case "":
			s.t.Fatalf("the stream ended before %q", name)
		}
	}
}

// pairHistory is a history of two symbols.
type pairHistory struct{ archive }

func (h *pairHistory) AsOf(context.Context, []string, int64) ([]market.Quote, error) {
	return append(h.quotes("A"), h.quotes("B")...), nil
}

// withPair gives the service a history of A and B.
func withPair(_ testing.TB, cfg *server.Config) { cfg.History = &pairHistory{} }

// shakeAs opens a session with a token and reads its welcome.
func (r *rig) shakeAs(token string) *raw {
	r.t.Helper()
	c, got := r.shake(bearer(token)...)
	if got.status != http.StatusSwitchingProtocols || asWelcome(c.next()) == nil {
		r.t.Fatalf("handshake: %+v", got)
	}
	return c
}

// stranger opens a session without a credential and reads its welcome.
func (r *rig) stranger() *raw {
	r.t.Helper()
	return r.connect(wire.JSON)
}

// identify sends an auth command and returns the answer, which must come next.
func (c *raw) identify(token string) wire.Authenticated {
	c.t.Helper()
	c.ask("a", &wire.Auth{Token: token})
	var result wire.Authenticated
	c.result("a", &result)
	return result
}

// refused sends an auth command that must be refused with a code.
func (c *raw) refused(token string, code wire.Code) {
	c.t.Helper()
	c.ask("a", &wire.Auth{Token: token})
	if e := c.refusal(); e.Code != code || e.ID != "a" {
		c.t.Errorf("%+v, want %s", e, code)
	}
}
