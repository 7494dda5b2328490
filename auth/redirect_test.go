package auth_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"ticker/auth"
)

// TestRedirectsLeadOnlyToWhereAnswersAreGuarded runs real servers, with certificates.
func TestRedirectsLeadOnlyToWhereAnswersAreGuarded(t *testing.T) {
	t.Parallel()
	s := newECDSA()
	var open, guarded *httptest.Server
	var asked atomic.Int64
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		to, redirected := map[string]string{
			"/open": open.URL + "/keys", "/guarded": guarded.URL + "/keys", "/loop": "/loop",
			"/file": "file:///etc/keys", "/away": "http://keys.example.com/",
		}[r.URL.Path]
		if redirected {
			http.Redirect(w, r, to, http.StatusFound)
			return
		}
		fmt.Fprint(w, keySet(s.jwk("1"))) //nolint:errcheck // the client may be gone
	})
	open, guarded = httptest.NewServer(handler), httptest.NewTLSServer(handler)
	t.Cleanup(open.Close)
	t.Cleanup(guarded.Close)
	for url, want := range map[string]string{
		guarded.URL + "/keys":    "ok",
		guarded.URL + "/guarded": "ok",
		guarded.URL + "/open":    "keys_unavailable",
		guarded.URL + "/loop":    "keys_unavailable",
		guarded.URL + "/file":    "keys_unavailable",
		open.URL + "/keys":       "ok",
		open.URL + "/open":       "ok",
		open.URL + "/away":       "keys_unavailable",
	} {
		transport := guarded.Client().Transport.(*http.Transport).Clone()
		transport.DisableKeepAlives = true
		transport.DialContext = func(ctx context.Context, network, address string) (net.Conn, error) {
			if address == "keys.example.com:80" { // as if that were its name
				address = open.Listener.Addr().String()
			}
			return new(net.Dialer).DialContext(ctx, network, address)
		}
		asked.Store(0)
		a := start(t, auth.Config{JWT: auth.JWT{Algorithm: auth.ES256, JWKSURL: url}, Transport: transport})
		if got := judge(t, a, s.named("1")); got != want {
			t.Errorf("%s: judged %s, want %s", url, got, want)
		}
		if n := asked.Load(); n > 4 {
			t.Errorf("%s: %d requests", url, n)
		}
	}
}

func TestACertificateThatNobodyVouchesForIsNotTrusted(t *testing.T) {
	t.Parallel()
	s := newECDSA()
	server := httptest.NewUnstartedServer(serving(keySet(s.jwk("1"))))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	server.StartTLS()
	t.Cleanup(server.Close)
	a := start(t, auth.Config{JWT: auth.JWT{Algorithm: auth.ES256, JWKSURL: server.URL}})
	expect(t, a, s.named("1"), "keys_unavailable")
}

func TestKeysOfAServerThatIsGoneStay(t *testing.T) {
	t.Parallel()
	s := newECDSA()
	server := httptest.NewServer(serving(keySet(s.jwk("1"))))
	a := start(t, auth.Config{Now: fromNoon(), JWT: auth.JWT{Algorithm: auth.ES256, JWKSURL: server.URL, UnknownKey: 1}})
	expect(t, a, s.named("1"), "ok")
	expect(t, a, s.named("2"), "unknown_key")
	server.Close()
	expect(t, a, s.named("2"), "keys_unavailable") // it was asked again, and is not there
	expect(t, a, s.named("1"), "ok")
}

func serving(text string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, text) //nolint:errcheck // the client may be gone
	})
}
