package server

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"golang.org/x/crypto/acme"
)

func TestACertificateIsDueWhenAThirdOfItsLifeIsLeft(t *testing.T) {
	t.Parallel()
	begin := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	const day = 24 * time.Hour
	for _, life := range []time.Duration{day, 6 * day, 90 * day} {
		current := &tls.Certificate{Leaf: &x509.Certificate{NotBefore: begin, NotAfter: begin.Add(life)}}
		for at, want := range map[time.Duration]bool{
			0: false, life*2/3 - time.Second: false, life*2/3 + time.Second: true, life + day: true,
		} {
			if got := acmeDue(current, begin.Add(at)); got != want {
				t.Errorf("%v of %v: due %t", at, life, got)
			}
		}
	}
	if !acmeDue(nil, begin) {
		t.Error("none is enough")
	}
}

func TestPausesAfterFailuresGrowAndAreThoseTheAuthorityWants(t *testing.T) {
	t.Parallel()
	limited := func(after string) error {
		return fmt.Errorf("order: %w", &acme.Error{
			ProblemType: "urn:ietf:params:acme:error:rateLimited", Header: http.Header{"Retry-After": {after}},
		})
	}
	for _, c := range []struct {
		failures int
		err      error
		least    time.Duration
	}{
		{1, errors.New("refused"), 5 * time.Minute},
		{2, errors.New("refused"), 10 * time.Minute},
		{4, errors.New("refused"), 40 * time.Minute},
		{5, errors.New("refused"), time.Hour},
		{1 << 40, errors.New("refused"), time.Hour},
		{1, &acme.Error{ProblemType: "urn:ietf:params:acme:error:unauthorized"}, 5 * time.Minute},
		{1, limited("1"), 5 * time.Minute},
		{1, limited("7200"), 2 * time.Hour},
		{1, limited("31536000"), 24 * time.Hour},
	} {
		for range 100 {
			if got := acmePause(c.failures, c.err); got < c.least || got > c.least+c.least/5 {
				t.Errorf("after %d failures, the last %v: %v, want %v or a fifth more", c.failures, c.err, got, c.least)
			}
		}
	}
}
