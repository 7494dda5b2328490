package main

import "context"

// part is a running part of the service.
type part struct {
	cancel context.CancelFunc
	done   chan struct{}
}

// start runs a part. An error ends the service.
func start(ctx context.Context, failed chan<- error, run func(context.Context) error) *part {
	ctx, cancel := context.WithCancel(ctx)
	p := &part{cancel: cancel, done: make(chan struct{})}
	go func() {
		defer close(p.done)
		if err := run(ctx); err != nil && ctx.Err() == nil {
			failed <- err
		}
	}()
	return p
}

// stop ends a part and waits for it.
func (p *part) stop() {
	p.cancel()
	<-p.done
}
