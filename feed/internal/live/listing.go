package live

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"time"
)

const (
	// askTimeout bounds one question over HTTP.
	askTimeout = 10 * time.Second
	// maxAnswer bounds the answer to one; the longest list known has 15 MB.
	maxAnswer = 64 << 20
	// firstAsk and lastAsk bound the time until a question that failed is asked
	// again; it doubles.
	firstAsk = time.Second
	lastAsk  = 5 * time.Minute
)

// list asks the venue for its symbols.
func (s *Source) list(ctx context.Context) error {
	asking, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	listings, err := s.venue.Listings(asking, s.ask)
	if err == nil && len(listings) == 0 {
		err = fmt.Errorf("the list of %s has no symbol", s.venue.REST)
	}
	if err != nil {
		return err
	}
	s.venue.Names.List(listings)
	s.log.Info("symbols of the exchange listed", slog.Int("symbols", len(listings)))
	return nil
}

// keepListing asks again and again until the venue has told, and then says so.
func (s *Source) keepListing(ctx context.Context, listed chan<- struct{}) {
	for wait := firstAsk; ; wait = min(2*wait, lastAsk) {
		pause(ctx, wait)
		if ctx.Err() != nil {
			return
		}
		if s.learn(ctx) == nil {
			listed <- struct{}{}
			return
		}
	}
}

// learn is list, whose parsers are the venue's.
func (s *Source) learn(ctx context.Context) error {
	return survive(func() error { return s.list(ctx) })
}

// ask is a Get of the venue.
func (s *Source) ask(ctx context.Context, path string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.venue.REST+path, http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", s.venue.Name, err)
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "ticker")
	answer, err := s.http.Do(req)
	if err != nil {
		return nil, fmt.Errorf("ask %s: %w", s.venue.Name, err)
	}
	defer answer.Body.Close() //nolint:errcheck // What was read is judged by itself.
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask %s%s: answered %s", s.venue.REST, path, answer.Status)
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	if err != nil {
		return nil, fmt.Errorf("ask %s%s: %w", s.venue.REST, path, err)
	}
	if len(body) > maxAnswer {
		return nil, fmt.Errorf("ask %s%s: more than %d bytes", s.venue.REST, path, maxAnswer)
	}
	return body, nil
}
