package servertest

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Find returns the path of the first of some programs that is installed. Its error
// says which package of Debian has them.
func Find(debian string, programs ...string) (string, error) {
	for _, name := range programs {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("find %s: not installed, and these tests need it: install the Debian package %s",
		strings.Join(programs, " or "), debian)
}

// FreePorts finds n ports of the loopback address that nobody listens on. All are
// held while the next is looked for, so that they differ. They are below those that
// systems give to outgoing connections, which could take the port of a server that is
// about to start, or to start again.
func FreePorts(n int) (ports []int, err error) {
	const first, number, tries = 10_000, 22_000, 100
	for try := 0; len(ports) < n; try++ {
		port := first + rand.IntN(number)
		l, listenErr := net.ListenTCP("tcp4", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
		if listenErr != nil && try < tries {
			continue
		}
		if listenErr != nil {
			return nil, fmt.Errorf("find free port: %w", listenErr)
		}
		defer func() { err = errors.Join(err, l.Close()) }()
		ports, try = append(ports, port), 0
	}
	return ports, nil
}

// Addr returns the host and port of a port of the loopback address.
func Addr(port int) string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(port)) }

// Ask connects to an address, says something, and returns an error unless what
// comes first is one of the answers. The answers are short.
func Ask(ctx context.Context, addr, say string, answers ...string) error {
	dialer := net.Dialer{}
	conn, err := dialer.DialContext(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	got := make([]byte, 64)
	n := 0
	if err = conn.SetDeadline(time.Now().Add(patience)); err == nil {
		_, err = conn.Write([]byte(say))
	}
	if err == nil {
		n, err = conn.Read(got)
	}
	expected := func(answer string) bool { return strings.HasPrefix(string(got[:n]), answer) }
	if err == nil && !slices.ContainsFunc(answers, expected) {
		err = fmt.Errorf("it answers %q", got[:n])
	}
	return errors.Join(err, conn.Close())
}
