package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"

	"ticker/client"
	"ticker/wire"
)

// watcher is a client that has one subscription.
type watcher struct {
	client *client.Client
	wanted client.Subscription
}

// newWatcher completes a Config that has the callbacks.
func newWatcher(o *watchOptions, cfg client.Config) (*watcher, error) {
	cfg.URL, cfg.Token = o.url, o.token
	c, err := client.New(cfg)
	if err != nil {
		return nil, err
	}
	return &watcher{
		client: c,
		wanted: client.Subscription{Symbols: o.symbols, Interval: o.interval, Fields: o.subscribed()},
	}, nil
}

// run keeps the subscription up until ctx is done. The error says why there is
// nothing to watch.
func (w *watcher) run(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	var asking sync.WaitGroup
	var refused error
	asking.Go(func() {
		if refused = w.ask(ctx); refused != nil {
			cancel()
		}
	})
	err := w.client.Run(ctx)
	cancel()
	asking.Wait()
	if err != nil {
		return err
	}
	return refused
}

// ask subscribes. Its own end of ctx, or that of the client, is no error here.
func (w *watcher) ask(ctx context.Context) error {
	granted, err := w.client.Subscribe(ctx, w.wanted)
	switch {
	case ctx.Err() != nil, errors.Is(err, client.ErrEnded):
		return nil
	case err != nil:
		return err
	case len(granted.Symbols) == 0:
		return fmt.Errorf("nothing to watch: %s", rejections(granted.Rejected))
	}
	return nil
}

// rejections lists refused symbols with the reasons.
func rejections(rejected []wire.RejectedSymbol) string {
	texts := make([]string, len(rejected))
	for i, r := range rejected {
		texts[i] = printable(r.Symbol) + " is refused (" + printable(string(r.Code)) + ")"
	}
	return strings.Join(texts, ", ")
}
