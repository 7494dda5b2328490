package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"

	"golang.org/x/sync/errgroup"

	"ticker/bench/peers/peer"
	"ticker/bench/peers/stream"
)

// server is one of the kinds.
type server interface {
	// Run plays the market to whoever connects until ctx is done. It calls ready
	// once, when clients may come.
	Run(ctx context.Context, ready func(url string)) error
	// Counts returns what the server has counted.
	Counts() peer.Counts
}

// place is what the program says when it serves.
type place struct {
	URL     string `json:"url"`
	Stats   string `json:"stats"`
	Collect string `json:"collect"`
}

// serve runs the server that was asked for, and its statistics, until ctx is done.
func serve(ctx context.Context, opt *options, stdout io.Writer) error {
	market, err := stream.New(opt.market)
	if err != nil {
		return usageError{err}
	}
	cfg := peer.Config{Listen: opt.listen, Market: market, Plan: opt.plan}
	server := opt.kind.make(cfg)
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return fmt.Errorf("open listener for statistics: %w", err)
	}
	work, ctx := errgroup.WithContext(ctx)
	work.Go(func() error { return peer.ServeHTTP(ctx, ln, statistics(market, server)) })
	work.Go(func() error {
		var unsaid error
		err := server.Run(ctx, func(url string) { unsaid = tell(stdout, url, ln.Addr()) })
		return errors.Join(err, unsaid)
	})
	return work.Wait()
}

// tell writes where the server serves.
func tell(stdout io.Writer, url string, statistics net.Addr) error {
	base := "http://" + statistics.String()
	line, err := json.Marshal(place{URL: url, Stats: base + "/stats", Collect: base + "/collect"})
	if err == nil {
		_, err = stdout.Write(append(line, '\n'))
	}
	if err != nil {
		return fmt.Errorf("tell where it serves: %w", err)
	}
	return nil
}

// stats is what the page of statistics answers.
type stats struct {
	Quotes  uint64 `json:"quotes"`
	Clients int64  `json:"clients"`
	Dropped int64  `json:"dropped"`
}

func statistics(market *stream.Market, server server) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /stats", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		counts := server.Counts()
		_ = json.NewEncoder(w).Encode(stats{market.Quotes(), counts.Clients, counts.Dropped}) // else who asked has gone
	})
	mux.HandleFunc("GET /collect", func(http.ResponseWriter, *http.Request) { runtime.GC() })
	return mux
}
