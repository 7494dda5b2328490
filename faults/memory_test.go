package faults_test

import (
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"ticker/client"
)

// hoard opens sessions that watch very many symbols, until one is refused.
func (s *stage) hoard(most int) (in []net.Conn) {
	s.t.Helper()
	for range most {
		conn := dial(s.t, s.program.public)
		switch status := knock(s.t, conn); status {
		case http.StatusSwitchingProtocols:
			say(s.t, conn, `{"type":"command","id":"1","action":"subscribe","symbols":["HEAVY*"],"interval":"60s"}`)
			in = append(in, conn)
		case http.StatusServiceUnavailable:
			return in
		default:
			s.t.Fatalf("a client is answered %d", status)
		}
	}
	s.t.Fatalf("%d sessions and nobody is refused", most)
	return nil
}

func TestWithLittleMemoryNewClientsAreRefusedOldOnesGoOnAndThatPasses(t *testing.T) {
	t.Parallel()
	s := open(t, setup{
		config: pushConfig + "limits: {per_address: 5000}\n", prefix: []string{"env", "GOMEMLIMIT=64MiB"},
	})
	// Every poll is a client that is new.
	s.crowd = slices.DeleteFunc(s.crowd, func(w *watcher) bool { return w.habit.transport == client.Poll })
	heavy := make([]string, 1000)
	for i := range heavy {
		heavy[i] = fmt.Sprint("HEAVY", i)
	}
	weights := pour(t, s.program, heavy, pace)
	weights.resume()
	weights.awaitRounds(1)
	weights.hold()
	s.others += weights.rows()

	in := s.hoard(3000)
	if ok, why := s.program.ready(); ok || !strings.Contains(why, "overloaded: memory") {
		t.Errorf("with %d sessions that take much: ready %v: %s", len(in), ok, why)
	}
	m := s.program.metrics()
	t.Logf("%d sessions of %d symbols each, %.0f %% of the memory in use, %.0f shed", len(in), len(heavy),
		100*m[`ticker_pressure{resource="memory"}`], m["ticker_sessions_shed_total"])
	s.quiet()
	s.source.awaitRounds(20)
	s.quiet()

	hangUp(in)
	await(t, "there is room again", func() bool {
		s.program.collect()
		ok, _ := s.program.ready()
		return ok
	})
	if status := knock(t, dial(t, s.program.public)); status != http.StatusSwitchingProtocols {
		t.Errorf("with room again a client is answered %d", status)
	}
	s.drained()
	s.recorded(time.Now().Add(grace))
	s.undisturbed()
}
