package faults_test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// flooded pushes a hundred times the steady load beside it.
func (s *stage) flooded() {
	s.t.Helper()
	symbols := make([]string, 500)
	for i := range symbols {
		symbols[i] = fmt.Sprint("FLOOD", i)
	}
	flood := pour(s.t, s.program, symbols, 10*time.Millisecond)
	flood.resume()
	flood.awaitRounds(10)
	s.quiet()
	flood.hold()
	s.others += flood.rows()
	s.t.Logf("%d quotes beside the others", flood.rows())
	s.undisturbed()
}

// chatter has clients say far more than they may, until each is closed for it.
func (s *stage) chatter(n int) {
	s.t.Helper()
	const closed = `ticker_session_closes_total{code="1008"}`
	before := s.program.metrics()[closed]
	var talkers []net.Conn
	for range n {
		conn := dial(s.t, s.program.public)
		handshake(s.t, conn)
		talkers = append(talkers, conn)
	}
	defer hangUp(talkers)
	flood := bytes.Repeat(textFrame(`{"type":"ping","id":"1"}`), 2000)
	for _, conn := range talkers {
		_, _ = conn.Write(flood) // it may be closed before it has said everything
	}
	s.quiet()
	await(s.t, "those who say too much are closed", func() bool { return s.program.metrics()[closed] >= before+float64(n) })
	s.quiet()
	s.undisturbed()
}

// inquire asks for long pages of history, all at one time. One who cannot be attended
// to is told.
func (s *stage) inquire(n int) {
	s.t.Helper()
	var answered, refused atomic.Int64
	var asking sync.WaitGroup
	for range n {
		asking.Go(func() {
			switch status, text := s.program.get(fmt.Sprint("/v1/history/S0?limit=", maxPage)); status {
			case http.StatusOK:
				answered.Add(1)
			case http.StatusServiceUnavailable, http.StatusGatewayTimeout:
				refused.Add(1)
			default:
				s.t.Errorf("a question is answered %d %.100s", status, text)
			}
		})
	}
	s.quiet()
	asking.Wait()
	s.t.Logf("of %d questions at one time %d were answered, %d refused", n, answered.Load(), refused.Load())
	if answered.Load() == 0 {
		s.t.Error("no question was answered")
	}
	s.quiet()
	s.undisturbed()
}

// asleep stops the program and has it go on, as when a laptop is shut and opened.
func (s *stage) asleep() {
	s.t.Helper()
	s.program.signal(syscall.SIGSTOP)
	lasting(s.t, 3*time.Second)
	s.program.signal(syscall.SIGCONT)
	s.quiet()
	s.program.awaitReady()
	s.undisturbed()
}
