//go:build !unix

package main

import (
	"context"
	"os"
	"os/signal"
)

// canDraw says that a table can be drawn on a terminal.
const canDraw = false

func notifyTerminal(chan<- os.Signal) (stop func()) { return func() {} }

func notifyEnd(ctx context.Context) (context.Context, context.CancelFunc) {
	return signal.NotifyContext(ctx, os.Interrupt)
}

func ignoreBrokenPipes() (stop func()) { return func() {} }

func askToSuspend() error { return nil }

func (*terminal) obey(os.Signal) error { return nil }

func (*terminal) keys(context.Context, func(stroke)) error { return nil }
