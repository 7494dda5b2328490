package faults_test

import (
	"net"
	"net/http"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"ticker/client"
)

func TestWithFewDescriptorsNewClientsAreRefusedAndEverythingElseGoesOn(t *testing.T) {
	t.Parallel()
	const files, reserve = 400, 256
	s := open(t, setup{config: pushConfig, prefix: []string{"prlimit", "--nofile=400:400"}})
	// Every poll is a client that is new.
	s.crowd = slices.DeleteFunc(s.crowd, func(w *watcher) bool { return w.habit.transport == client.Poll })
	var in []net.Conn
	refused := 0
	for range files {
		conn := dial(t, s.program.public)
		switch status := knock(t, conn); status {
		case http.StatusSwitchingProtocols:
			say(t, conn, `{"type":"command","id":"1","action":"subscribe","symbols":["S*"],"interval":"1s"}`)
			in = append(in, conn)
		case http.StatusServiceUnavailable:
			refused++
			_ = conn.Close() // it was answered
		default:
			t.Fatalf("a client is answered %d", status)
		}
	}
	t.Logf("of %d clients %d were let in and %d refused", files, len(in), refused)
	if len(in) < 32 || len(in) > files-reserve {
		t.Errorf("%d sessions of %d open files with a reserve of %d", len(in), files, reserve)
	}
	s.quiet()

	s.recorded(time.Now().Add(grace))

	// Connections that never ask for anything take nobody's place, and no file of the
	// history's.
	idle := make([]net.Conn, files)
	for i := range idle {
		idle[i] = dial(t, s.program.public)
	}
	s.source.awaitRounds(20)
	s.quiet()
	s.drained()
	hangUp(idle)
	hangUp(in)
	await(t, "there is room again", func() bool {
		conn := dial(t, s.program.public)
		defer conn.Close() //nolint:errcheck // it was answered
		return knock(t, conn) == http.StatusSwitchingProtocols
	})
	s.undisturbed()
}

// starve leaves a program with a fortieth of its processor, until it is fed.
func (p *program) starve() (feed func()) {
	p.t.Helper()
	fed := make(chan struct{})
	var starving sync.WaitGroup
	starving.Go(func() {
		for {
			for _, step := range []struct {
				sig   syscall.Signal
				pause time.Duration
			}{{syscall.SIGSTOP, 1950 * time.Millisecond}, {syscall.SIGCONT, 50 * time.Millisecond}} {
				if err := p.cmd.Process.Signal(step.sig); err != nil {
					p.t.Error(err)
				}
				select {
				case <-fed:
					_ = p.cmd.Process.Signal(syscall.SIGCONT) // it goes on as it was
					return
				case <-time.After(step.pause):
				}
			}
		}
	})
	return sync.OnceFunc(func() {
		close(fed)
		starving.Wait()
	})
}

func TestWithLittleProcessorQuotesComeLessOftenSayItAndNobodyIsTurnedAway(t *testing.T) {
	t.Parallel()
	s := open(t, setup{config: pushConfig})
	feed := s.program.starve()
	defer feed()
	s.program.awaitMetric("ticker_intervals_widened", func(factor float64) bool { return factor > 1 })
	for _, w := range s.crowd {
		if w.habit.transport == client.Poll {
			continue // polls come less often, and do not say why
		}
		await(t, "a watcher is told that it is sent less", func() bool {
			return w.holds(func(a *account) bool { return a.widened > 1 })
		})
	}
	if ok, why := s.program.ready(); !ok {
		t.Errorf("clients are turned away: %s", why)
	}
	feed()
	s.program.awaitMetric("ticker_intervals_widened", func(factor float64) bool { return factor == 1 })
	s.quiet()
	s.drained()
	s.undisturbed()
}
