package rabbitmqtest

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"ticker/internal/servertest"
)

func TestTheServerIsHeardOnLoopbackOnly(t *testing.T) {
	t.Parallel()
	server := Start(t, Options{})
	heard := make(map[int][]string)
	for table, loopback := range map[string]string{
		"/proc/net/tcp":  "0100007F",
		"/proc/net/tcp6": "00000000000000000000000001000000",
	} {
		text, err := os.ReadFile(table)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			var n, local, remote, state string
			var port int
			const listens = "0A"
			if _, err := fmt.Sscan(line, &n, &local, &remote, &state); err != nil || state != listens {
				continue
			}
			host, hex, _ := strings.Cut(local, ":")
			if _, err := fmt.Sscanf(hex, "%X", &port); err != nil {
				t.Fatal(err)
			}
			if host != loopback {
				host = "elsewhere"
			}
			heard[port] = append(heard[port], host)
		}
	}
	for _, port := range server.ports {
		if len(heard[port]) == 0 || slices.Contains(heard[port], "elsewhere") {
			t.Errorf("port %d is heard at %s", port, heard[port])
		}
	}
}

func TestTheServerEndsWithItsTestHoweverThatEnds(t *testing.T) {
	t.Parallel()
	servertest.EndsWithItsTest(t, func() []*servertest.Process {
		s := Start(t, Options{})
		return []*servertest.Process{s.Process, s.mapper}
	})
}
