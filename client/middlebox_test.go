package client_test

import (
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ticker/client"
	"ticker/client/clienttest"
	"ticker/wire"
)

// middlebox stands between a client and a service, and does with requests what its
// owner thinks fit.
type middlebox struct {
	*clienttest.Server
	asked sync.Map // how often each route was asked for
}

// whim decides about a request; what it does not answer goes to next.
type whim func(w http.ResponseWriter, r *http.Request, next http.Handler)

func (s *service) behind(t *testing.T, do whim) *middlebox {
	t.Helper()
	transport := &http.Transport{DialContext: s.dial}
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: "ticker.test"})
	proxy.Transport, proxy.FlushInterval = transport, -1
	proxy.ErrorLog = log.New(io.Discard, "", 0)
	box := new(middlebox)
	box.Server = clienttest.StartHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		count, _ := box.asked.LoadOrStore(r.URL.Path, new(atomic.Int32))
		count.(*atomic.Int32).Add(1)
		do(w, r, proxy)
	}))
	t.Cleanup(func() {
		box.Close()
		transport.CloseIdleConnections()
	})
	return box
}

// times returns how often a route was asked for.
func (b *middlebox) times(route string) int {
	count, ok := b.asked.Load(route)
	if !ok {
		return 0
	}
	return int(count.(*atomic.Int32).Load())
}

// hangUp ends the connection of a request without an answer.
func hangUp(w http.ResponseWriter) {
	if conn, _, err := w.(http.Hijacker).Hijack(); err == nil {
		_ = conn.Close()
	}
}

// page is the answer of something that is no service.
func page(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "text/html")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, "<html>Ask your administrator.</html>")
}

func upgrades(r *http.Request) bool { return r.Header.Get("Upgrade") != "" }

// streams reports whether a request is for an event stream.
func streams(r *http.Request) bool { return r.URL.Path == "/v1/sse" }

func TestBlockedUpgradeFallsBackToEvents(t *testing.T) {
	t.Parallel()
	for name, block := range map[string]whim{
		"by a page that forbids":  func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { page(w, 403) },
		"by a page that welcomes": func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { page(w, 200) },
		"by a redirect": func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
			http.Redirect(w, r, "/login", http.StatusFound)
		},
		"by a gateway that is dumb":  func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { page(w, 502) },
		"by the end of a connection": func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { hangUp(w) },
		"by silence":                 func(_ http.ResponseWriter, r *http.Request, _ http.Handler) { <-r.Context().Done() },
		"by a header that is lost": func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			r.Header.Del("Upgrade")
			next.ServeHTTP(w, r)
		},
		"by a connection that is cut": func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
			clienttest.Handler(func(*clienttest.Conn) {}).ServeHTTP(w, r)
		},
		"by a connection that lives for a moment": func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
			clienttest.Handler(func(c *clienttest.Conn) { c.Welcome(); time.Sleep(time.Second) }).ServeHTTP(w, r)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := startService(t)
				box := s.behind(t, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
					if upgrades(r) {
						block(w, r, next)
						return
					}
					next.ServeHTTP(w, r)
				})
				expectFallback(t, s, box, client.SSE)
				if n := box.times("/v1/ws"); n > 2 {
					t.Errorf("WebSocket was tried %d times, want at most twice", n)
				}
			})
		})
	}
}

// expectFallback runs a client with all transports behind a middlebox: it must end
// up on that one, and in the state of the book.
func expectFallback(t *testing.T, s *service, box *middlebox, way client.Transport) *follower {
	t.Helper()
	s.quote("A", 1)
	s.quote("B", 1)
	f := s.follow(t, way, client.Config{Transports: everyTransport(), NetDial: box.Dial})
	f.must(t, client.Subscription{Symbols: []string{"A", "B", "C*"}})
	sleep(time.Minute)
	s.quote("B", 2)
	s.quote("CCC", 3)
	sleep(time.Minute)
	expectBook(t, s, f.view, "A", "B", "CCC")
	online := f.in(client.Online)
	expect(t, "transport", online[len(online)-1].state.Transport, way)
	return f
}

func TestBlockedEventsFallBackToPolls(t *testing.T) {
	t.Parallel()
	for name, block := range map[string]whim{
		"by a buffer": func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			next.ServeHTTP(discarding{w.Header()}, r)
		},
		"by a buffer that lets the head pass": func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
			w.Header().Set("Content-Type", "text/event-stream")
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		},
		"by a cut in the middle of an event": func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			next.ServeHTTP(&cutting{ResponseWriter: w, left: 50}, r)
		},
		"by a cut a little later": func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			next.ServeHTTP(&cutting{ResponseWriter: w, left: 400}, r)
		},
		"by a page":       func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { page(w, 200) },
		"by an old route": func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { page(w, 404) },
		"by a redirect": func(w http.ResponseWriter, r *http.Request, _ http.Handler) {
			http.Redirect(w, r, "/login", http.StatusFound)
		},
		"by garbage": func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, strings.Repeat("data: <blocked>\n\n", 20))
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := startService(t)
				box := s.behind(t, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
					switch {
					case upgrades(r):
						page(w, 403)
					case streams(r):
						block(w, r, next)
					default:
						next.ServeHTTP(w, r)
					}
				})
				expectFallback(t, s, box, client.Poll)
				want := 2 // unless an answer tells that it is not the service's
				if name == "by a page" || name == "by an old route" || name == "by a redirect" {
					want = 1
				}
				expect(t, "tries of events", box.times("/v1/sse"), want)
				expect(t, "redirects that were followed", box.times("/login"), 0)
			})
		})
	}
}

// discarding swallows what is written to it.
type discarding struct{ header http.Header }

func (d discarding) Header() http.Header         { return d.header }
func (d discarding) WriteHeader(int)             {}
func (d discarding) Write(p []byte) (int, error) { return len(p), nil }

// cutting ends an answer after so many bytes.
type cutting struct {
	http.ResponseWriter
	left int
}

func (c *cutting) Unwrap() http.ResponseWriter { return c.ResponseWriter }

func (c *cutting) Write(p []byte) (int, error) {
	n := min(len(p), c.left)
	c.left -= n
	_, _ = c.ResponseWriter.Write(p[:n])
	_ = http.NewResponseController(c.ResponseWriter).Flush()
	if c.left == 0 {
		panic(http.ErrAbortHandler)
	}
	return n, nil
}

func TestBetterTransportIsTriedAgainAfterAWhile(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := startService(t)
		var lifted atomic.Bool
		box := s.behind(t, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
			if upgrades(r) && !lifted.Load() {
				hangUp(w)
				return
			}
			next.ServeHTTP(w, r)
		})
		f := expectFallback(t, s, box, client.SSE)
		tried := box.times("/v1/ws")
		sleep(time.Minute)
		s.cut()
		sleep(time.Minute)
		expect(t, "tries of WebSocket before five minutes", box.times("/v1/ws"), tried)
		sleep(5 * time.Minute)
		s.cut()
		sleep(time.Minute)
		expect(t, "tries of WebSocket after five minutes", box.times("/v1/ws"), tried+1)
		lifted.Store(true)
		sleep(5 * time.Minute)
		s.quote("A", 7)
		s.cut()
		s.quote("B", 7)
		sleep(time.Minute)
		online := f.in(client.Online)
		expect(t, "transport in the end", online[len(online)-1].state.Transport, client.WebSocket)
		expectBook(t, s, f.view, "A", "B", "CCC")
	})
}

func TestServiceThatRefusesIsNoReasonToFallBack(t *testing.T) {
	t.Parallel()
	for _, status := range []int{429, 503} {
		synctest.Test(t, func(t *testing.T) {
			s := startService(t)
			var free atomic.Bool
			box := s.behind(t, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
				if free.Load() {
					next.ServeHTTP(w, r)
					return
				}
				refuse(w, status, wire.CodeUnavailable)
			})
			f := s.follow(t, client.WebSocket, client.Config{Transports: everyTransport(), NetDial: box.Dial})
			sleep(time.Minute)
			free.Store(true)
			f.must(t, client.Subscription{Symbols: []string{"A"}})
			expect(t, "transport", f.in(client.Online)[0].state.Transport, client.WebSocket)
			expect(t, "tries of events", box.times("/v1/sse"), 0)
		})
	}
}

func TestGatewaysThatFindNobodyAreNoReasonToFallBack(t *testing.T) {
	t.Parallel()
	for _, status := range []int{502, 503, 504} {
		for _, way := range everyTransport() {
			synctest.Test(t, func(t *testing.T) {
				s := startService(t)
				var up atomic.Bool
				box := s.behind(t, func(w http.ResponseWriter, r *http.Request, next http.Handler) {
					if up.Load() {
						next.ServeHTTP(w, r)
						return
					}
					w.Header().Set("Retry-After", "7")
					page(w, status)
				})
				f := s.follow(t, way, client.Config{Transports: everyTransport()[way:], NetDial: box.Dial})
				sleep(5 * time.Minute)
				up.Store(true)
				f.must(t, client.Subscription{Symbols: []string{"A"}})
				expect(t, "transport", f.in(client.Online)[0].state.Transport, way)
				for _, w := range f.in(client.Waiting) {
					expect(t, "wait", w.state.Delay, 7*time.Second)
				}
			})
		}
	}
}

// refuse answers with a problem document, as the service does.
func refuse(w http.ResponseWriter, status int, code wire.Code) {
	w.Header().Set("Content-Type", wire.ProblemType)
	w.Header().Set("Retry-After", "3")
	w.WriteHeader(status)
	_, _ = w.Write((&wire.Problem{Title: http.StatusText(status), Status: status, Code: code, Detail: "by the test"}).Append(nil))
}

func TestServiceThatIsNotThereIsNoReasonToFallBack(t *testing.T) {
	t.Parallel()
	for _, way := range []client.Transport{client.WebSocket, client.SSE} {
		synctest.Test(t, func(t *testing.T) {
			s := startService(t)
			f := s.follow(t, way, client.Config{Transports: everyTransport()[way:]})
			f.must(t, client.Subscription{Symbols: []string{"A"}})
			s.stop()
			_ = s.ln.Close()
			sleep(5 * time.Minute)
			for _, c := range f.in(client.Connecting) {
				expect(t, "transport", c.state.Transport, way)
			}
		})
	}
}

func TestCredentialThatIsRefusedEndsRunOverEveryTransport(t *testing.T) {
	t.Parallel()
	overEach(t, everyTransport(), func(t *testing.T, s *service, way client.Transport) {
		for _, symbols := range [][]string{nil, {"A"}} {
			box := s.behind(t, func(w http.ResponseWriter, _ *http.Request, _ http.Handler) {
				refuse(w, 401, wire.CodeUnauthorized)
			})
			f := s.follow(t, way, client.Config{NetDial: box.Dial})
			if symbols != nil {
				subscribe(t, f.running, client.Subscription{Symbols: symbols})
			}
			err := <-f.ended
			var refused *client.Error
			if !errors.As(err, &refused) || refused.Code != wire.CodeUnauthorized {
				t.Errorf("Run returned %v, want unauthorized", err)
			}
			f.ended <- err
		}
	})
}

func TestAddressWhereEveryTransportIsBlockedEndsRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := startService(t)
		box := s.behind(t, func(w http.ResponseWriter, _ *http.Request, _ http.Handler) { page(w, 404) })
		f := s.follow(t, client.WebSocket, client.Config{Transports: everyTransport(), NetDial: box.Dial})
		err := <-f.ended
		var refused *client.Error
		if !errors.As(err, &refused) || refused.Status != 404 {
			t.Errorf("Run returned %v, want the 404", err)
		}
		expect(t, "time", f.in(client.Ended)[0].at, time.Duration(0))
		expect(t, "connections tried", len(f.in(client.Connecting)), 3)
		f.ended <- err
	})
}
