package auth_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ticker/auth"
	"ticker/internal/pipenet"
)

// keyHost is a key server in the fake time of a test: a real HTTP server on
// connections in memory.
type keyHost struct {
	asked    atomic.Int64 // requests until now
	listener *pipenet.Listener

	mu     sync.Mutex
	answer http.HandlerFunc
}

func newKeyHost(t *testing.T) *keyHost {
	t.Helper()
	h := &keyHost{listener: pipenet.Listen(64 << 10)}
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = server.Serve(h.listener) // always ErrServerClosed
	}()
	t.Cleanup(func() {
		_ = server.Close() // what it says of connections is nobody's concern
		<-done
	})
	return h
}

// ServeHTTP answers as the test wants it now.
func (h *keyHost) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.asked.Add(1)
	h.mu.Lock()
	answer := h.answer
	h.mu.Unlock()
	answer(w, r)
}

func (h *keyHost) answers(with http.HandlerFunc) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.answer = with
}

// has makes the server answer with keys.
func (h *keyHost) has(keys ...json.RawMessage) { h.says(keySet(keys...)) }

// says makes the server answer with a text.
func (h *keyHost) says(text string) {
	h.answers(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, text) }) //nolint:errcheck // the client may be gone
}

// fails makes the server answer with a status.
func (h *keyHost) fails(status int) {
	h.answers(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
}

// hangs makes the server take requests and answer nothing.
func (h *keyHost) hangs() {
	h.answers(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
}

// trusted is the configuration of what has its keys from the host. Its clock begins
// at noon.
func (h *keyHost) trusted(algorithm auth.Algorithm) auth.Config {
	return auth.Config{
		JWT: auth.JWT{Algorithm: algorithm, JWKSURL: "http://localhost/keys"},
		Now: fromNoon(),
		Transport: &http.Transport{
			DisableKeepAlives: true,
			DialContext:       func(ctx context.Context, _, _ string) (net.Conn, error) { return h.listener.Dial(ctx) },
		},
	}
}
