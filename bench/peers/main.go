package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout)
	stop()
	var wrong usageError
	switch {
	case errors.As(err, &wrong):
		fmt.Fprintf(os.Stderr, "peers: %v\n", err)
		os.Exit(2)
	case err != nil:
		fmt.Fprintf(os.Stderr, "peers: %v\n", err)
		os.Exit(1)
	}
}

// run is the program. It returns nil when it was told to end.
func run(ctx context.Context, args []string, stdin io.Reader, stdout io.Writer) error {
	opt, err := parse(args)
	if errors.Is(err, errHelp) {
		_, err = io.WriteString(stdout, help())
		return err
	}
	if err != nil {
		return usageError{err}
	}
	if opt.withStdin {
		var cancel context.CancelFunc
		ctx, cancel = context.WithCancel(ctx)
		defer cancel()
		// It ends with the process at the latest: a read cannot be called off.
		go func() {
			_, _ = io.Copy(io.Discard, stdin)
			cancel()
		}()
	}
	return serve(ctx, opt, stdout)
}
