package servertest

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"
)

// serveEnv makes this test binary a server. It has the addresses of the server and
// of its child.
const serveEnv = "SERVERTEST_SERVE"

func TestMain(m *testing.M) {
	if addrs := os.Getenv(serveEnv); addrs != "" {
		fmt.Fprintln(os.Stderr, serve(strings.Fields(addrs)))
		os.Exit(3)
	}
	goleak.VerifyTestMain(m)
}

// serve is the life of a server, which answers a line with its own.
func serve(addrs []string) error {
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()
	signal.Ignore(syscall.SIGHUP) // The end of a parent is one to children that stand still.
	listener := net.ListenConfig{}
	l, err := listener.Listen(ctx, "tcp", addrs[0])
	if err != nil {
		return err
	}
	child := exec.CommandContext(ctx, os.Args[0])
	if len(addrs) > 1 {
		child.Env = append(os.Environ(), serveEnv+"="+addrs[1])
		child.Stderr = os.Stderr
		// It says goodbye unless Kill ends it too.
		child.SysProcAttr = attributes(Program{Orphan: syscall.SIGTERM})
		if err := child.Start(); err != nil {
			return err
		}
	}
	context.AfterFunc(ctx, func() {
		fmt.Fprintln(os.Stderr, "goodbye")
		if child.Process != nil {
			_ = child.Wait()
		}
		os.Exit(0)
	})
	for {
		conn, err := l.Accept()
		if err != nil {
			return err
		}
		// Who does not ask gets no answer, and who does not want it is no concern.
		if _, err := bufio.NewReader(conn).ReadString('\n'); err == nil {
			_, _ = fmt.Fprintln(conn, "pong")
		}
		_ = conn.Close()
	}
}

func pong(ctx context.Context, addr string) error { return Ask(ctx, addr, "ping\n", "pong") }

// options are of a server. It listens at addr, or where it should if that is empty.
type options struct{ addr string }

// pair is a server that has a child.
type pair struct {
	*Process
	child string // its address
}

func (o options) Launch() (*pair, error) {
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	ports, err := FreePorts(2)
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "servertest")
	if err != nil {
		return nil, err
	}
	addr, child := Addr(ports[0]), Addr(ports[1])
	if o.addr != "" {
		addr = o.addr
	}
	// A binary that looks for races would rest for a second before it exits.
	env := append(os.Environ(), serveEnv+"="+addr+" "+child, "GORACE=atexit_sleep_ms=0")
	p, err := Launch(Program{
		Path: path, Env: env, Dir: dir, Port: ports[0],
		Files: map[string]string{"data": "given"},
		Answers: func(ctx context.Context, addr string) error {
			if err := pong(ctx, addr); err != nil {
				return err
			}
			return pong(ctx, child)
		},
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	return &pair{p, child}, nil
}
