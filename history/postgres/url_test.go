package postgres

import (
	"errors"
	"net"
	"strings"
	"testing"
	"time"

	"ticker/history"
)

func TestAMalformedURLIsRefusedWithoutShowingIt(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t"
	for name, url := range map[string]string{
		"port":           "postgres://me:" + secret + "@host:port/db",
		"port in front":  "postgres://me:" + secret + ":5432/db",
		"escape":         "postgres://me:" + secret + "%zz@host/db",
		"mode":           "postgres://me:" + secret + "@host/db?sslmode=" + secret,
		"connections":    "postgres://me:" + secret + "@host/db?pool_max_conns=" + secret,
		"no connections": "postgres://me:" + secret + "@host/db?pool_max_conns=0",
		"timeout":        "postgres://me@host/db?connect_timeout=" + secret + "&password=" + secret,
		"keywords":       "host=h password=" + secret + " port=x",
		"quotes":         "host=h password='" + secret,
		"no keywords":    secret,
		"certificate":    "postgres://me:" + secret + "@host/db?sslmode=verify-full&sslrootcert=/" + secret,
		"a backquote":    "postgres://me:`" + secret + "@host:x/db",
	} {
		s, err := New(Config{URL: url})
		if err == nil {
			t.Errorf("%s: no error, %v", name, s)
			continue
		}
		text := err.Error()
		if strings.Contains(text, secret) || !strings.HasPrefix(text, "parse history URL: ") {
			t.Errorf("%s: %s", name, text)
		}
		if len(text) < len("parse history URL: ")+10 {
			t.Errorf("%s: it does not say what is wrong: %s", name, text)
		}
	}
}

func TestAURLMayBoundTheConnections(t *testing.T) {
	t.Parallel()
	for url, want := range map[string]struct {
		conns   int32
		timeout time.Duration
	}{
		"postgres://host/db": {8, 5 * time.Second},
		"postgres://host/db?pool_max_conns=3&connect_timeout=60": {3, time.Minute},
		"host=host pool_max_conns=20":                            {20, 5 * time.Second},
	} {
		config := newStore(t, url).config
		if config.MaxConns != want.conns || config.ConnConfig.ConnectTimeout != want.timeout {
			t.Errorf("%s: %d connections, %v", url, config.MaxConns, config.ConnConfig.ConnectTimeout)
		}
	}
}

func TestAStoreThatIsNotOpenSaysSo(t *testing.T) {
	t.Parallel()
	s := newStore(t, "postgres://host/db")
	defer closeStore(t, s)
	_, errAsOf := s.AsOf(t.Context(), nil, 0, 1)
	_, errBetween := s.Between(t.Context(), nil, history.Span{}, 1)
	_, _, errQuotes := s.Quotes(t.Context(), &history.QuotesQuery{Symbol: "A", Limit: 1})
	_, errCandles := s.Candles(t.Context(), &history.CandlesQuery{Symbol: "A", Step: time.Minute})
	for name, err := range map[string]error{
		"append":   s.Append(t.Context(), batch("e", trade("A", 1, 1))),
		"maintain": s.Maintain(t.Context(), time.Now(), time.Hour),
		"as of":    errAsOf, "between": errBetween, "quotes": errQuotes, "candles": errCandles,
	} {
		if !errors.Is(err, errNotOpen) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAServerThatIsDownFailsOpenAtOnce(t *testing.T) {
	t.Parallel()
	l, err := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	s := newStore(t, "postgres://me:s3cr3t@"+l.Addr().String()+"/db")
	for range 2 {
		err := s.Open(t.Context())
		if err == nil || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("open: %v", err)
		}
	}
	closeStore(t, s)
}
