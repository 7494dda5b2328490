//go:build !unix

package main

import (
	"context"
	"os"
)

// canDraw says that a table can be drawn on a terminal.
const canDraw = false

func notifyResize(chan<- os.Signal) (stop func()) { return func() {} }

func (*terminal) keys(context.Context, func(key byte)) error { return nil }
