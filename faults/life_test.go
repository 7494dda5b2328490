package faults_test

import (
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"ticker/client"
	"ticker/internal/postgrestest"
	"ticker/wire"
)

// shutdownTimeout is the most that a shutdown may take, as shutdownConfig has it: long
// enough that a machine that is busy with other things keeps it too.
const (
	shutdownTimeout = 20 * time.Second
	shutdown        = "shutdown: {timeout: 20s}\n"
	shutdownConfig  = pushConfig + shutdown
)

// goesOn wants a program that was started again to serve as before. What it has of the
// past is stale until something new comes.
func (s *stage) goesOn() {
	s.t.Helper()
	s.source.awaitRounds(5)
	s.quiet()
}

func TestAfterAKillUnderLoadWhatWasDueIsThereOnceAndClientsFindTheNewEpoch(t *testing.T) {
	t.Parallel()
	s := open(t, setup{config: pushConfig})
	s.source.awaitRounds(150) // three seconds: some of it is due
	s.program.kill()
	end := time.Now()
	s.source.hold()
	s.program.again()
	s.recorded(end)
	s.goesOn()
	for _, w := range s.crowd {
		if w.connections() < 2 {
			t.Errorf("a watcher over %v lived through the end of the service", w.habit.transport)
		}
	}
}

// terminate tells a program to end, and wants it to do so in good order and in time.
func (p *program) terminate() {
	p.t.Helper()
	told := time.Now()
	p.signal(syscall.SIGTERM)
	p.endsInTime(told)
}

// endsInTime wants a program to end in good order, and in time after it was told to.
func (p *program) endsInTime(told time.Time) {
	p.t.Helper()
	if code := p.end(); code != 0 {
		p.t.Errorf("exit code %d", code)
	}
	took := time.Since(told)
	p.t.Logf("the end took %v of %v", took.Round(time.Millisecond), shutdownTimeout)
	if took > shutdownTimeout {
		p.t.Errorf("the end took %v, and %v are allowed", took, shutdownTimeout)
	}
}

// farewell is how a session ended.
type farewell struct {
	draining bool
	code     int
	at       time.Time
}

// leave reads a session to its end.
func leave(conn *websocket.Conn) (f farewell) {
	for {
		_, text, err := conn.ReadMessage()
		if closed := new(websocket.CloseError); errors.As(err, &closed) {
			f.code = closed.Code
		}
		if err != nil {
			f.at = time.Now()
			return f
		}
		f.draining = f.draining || strings.Contains(string(text), `"draining"`)
	}
}

func TestATerminationUnderLoadSendsEveryClientAwayInTurnAndLosesNoRow(t *testing.T) {
	t.Parallel()
	s := open(t, setup{config: shutdownConfig})
	const n = 300
	conns := make([]*websocket.Conn, n)
	for i := range conns {
		conn, answer, err := websocket.DefaultDialer.DialContext(t.Context(), "ws://"+s.program.public+"/v1/ws", nil)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close() // it has none
		defer conn.Close()      //nolint:errcheck // it has ended by then
		if err := conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"command","id":"1","action":"subscribe","symbols":["*"]}`)); err != nil {
			t.Fatal(err)
		}
		conns[i] = conn
	}
	farewells := make([]farewell, n)
	var leaving sync.WaitGroup
	for i, conn := range conns {
		leaving.Go(func() { farewells[i] = leave(conn) })
	}
	told := time.Now()
	s.program.signal(syscall.SIGTERM)
	await(t, "nobody is let in any more", func() bool { code, _ := s.program.get("/v1/symbols"); return code == 0 })
	s.program.endsInTime(told)
	leaving.Wait()
	first, last := farewells[0].at, farewells[0].at
	for i, f := range farewells {
		if !f.draining || f.code != int(wire.CloseGoingAway) {
			t.Errorf("session %d ended with %+v", i, f)
		}
		if f.at.Before(first) {
			first = f.at
		}
		if f.at.After(last) {
			last = f.at
		}
	}
	// They would all come back in one moment if they were closed in one.
	if spread := last.Sub(first); spread < shutdownTimeout/20 {
		t.Errorf("%d sessions were closed within %v", n, spread)
	}
	s.source.hold()
	s.program.again()
	s.recorded(time.Now().Add(grace))
	s.goesOn()
}

func TestTheLastRowsBeforeATerminationAreInHistoryThoughNobodyDelaysTheEnd(t *testing.T) {
	t.Parallel()
	p := start(t, setup{config: shutdownConfig})
	s := &stage{t: t, program: p, source: pour(t, p, []string{"S0"}, time.Millisecond)}
	s.source.resume()
	s.source.awaitRounds(50)
	p.terminate()
	s.source.hold()
	p.again()
	s.recorded(time.Now().Add(grace))
}

func TestATerminationWhileTheStoreStandsStillIsInTimeAndLosesNoRow(t *testing.T) {
	t.Parallel()
	db := postgrestest.Start(t, postgrestest.Options{})
	p := start(t, setup{config: shutdownConfig, args: []string{"--history", db.NewDatabase(t)}})
	p.awaitReady()
	s := load(t, p)
	db.Pause(t)
	s.source.awaitRounds(50)
	p.terminate()
	s.source.hold()
	db.Resume(t)
	p.again()
	p.awaitReady()
	p.awaitMetric("ticker_history_backlog_rows", func(rows float64) bool { return rows == 0 })
	s.recorded(time.Now().Add(grace))
	s.goesOn()
}

func TestASecondTerminationEndsTheProgramAtOnce(t *testing.T) {
	t.Parallel()
	// One that waits for its store for minutes, if it is not told twice.
	db := postgrestest.Start(t, postgrestest.Options{})
	config := pushConfig + "shutdown: {timeout: 10m}\n"
	p := start(t, setup{config: config, args: []string{"--history", db.NewDatabase(t)}})
	p.awaitReady()
	s := load(t, p)
	db.Pause(t)
	s.source.awaitRounds(150) // three seconds: some of it is due
	p.signal(syscall.SIGTERM)
	await(t, "it shuts down", func() bool { return p.said("shutting down") != nil })
	again := time.Now()
	p.signal(syscall.SIGTERM)
	p.end()
	end := time.Now()
	t.Logf("the end took %v of 10 minutes", end.Sub(again).Round(time.Millisecond))
	if got := p.cmd.ProcessState.Sys().(syscall.WaitStatus); !got.Signaled() || got.Signal() != syscall.SIGTERM {
		t.Errorf("it ended with %v", p.cmd.ProcessState)
	}
	s.source.hold()
	db.Resume(t)
	p.again()
	p.awaitReady()
	p.awaitMetric("ticker_history_backlog_rows", func(rows float64) bool { return rows == 0 })
	s.recorded(end)
	s.goesOn()
}

func TestATerminationDuringTheStartIsInTimeAndHarmsNothing(t *testing.T) {
	t.Parallel()
	s := open(t, setup{config: shutdownConfig})
	s.source.awaitRounds(50)
	s.program.signal(syscall.SIGTERM)
	s.program.end()
	s.source.hold()
	// From before it can know of signals to after it serves.
	var longest time.Duration
	for delay := range 8 {
		s.program.begin()
		lasting(t, time.Duration(delay*delay)*2*time.Millisecond)
		told := time.Now()
		s.program.signal(syscall.SIGTERM)
		code := s.program.end()
		if early := s.program.cmd.ProcessState.Sys().(syscall.WaitStatus); code != 0 && early.Signal() != syscall.SIGTERM {
			t.Errorf("after %d ms: %v\n%s", 2*delay*delay, s.program.cmd.ProcessState, s.program.log())
		}
		longest = max(longest, time.Since(told))
	}
	t.Logf("the longest of 8 ends took %v of %v", longest.Round(time.Millisecond), shutdownTimeout)
	if longest > shutdownTimeout {
		t.Errorf("an end took %v, and %v are allowed", longest, shutdownTimeout)
	}
	s.program.again()
	s.recorded(time.Now().Add(grace))
	s.goesOn()
}

func TestATerminationWhileTheStoreNeverAnswersIsInTimeAlsoAtTheStart(t *testing.T) {
	t.Parallel()
	db := postgrestest.Start(t, postgrestest.Options{})
	database := db.NewDatabase(t)
	db.Pause(t)
	p := start(t, setup{config: shutdownConfig, args: []string{"--history", database}})
	if ok, why := p.ready(); ok || !strings.Contains(why, "history") {
		t.Errorf("ready without a store: %s", why)
	}
	s := &stage{t: t, program: p, source: pour(t, p, []string{"A"}, pace)}
	w := watch(t, p.public, s.source, habit{transport: client.WebSocket})
	s.crowd = []*watcher{w}
	s.source.resume()
	s.source.awaitRounds(10)
	s.quiet()
	p.terminate()
	db.Resume(t)
}

// lastLine returns the last line of the log of a program that has ended.
func (p *program) lastLine() (line map[string]any) {
	p.t.Helper()
	if err := json.Unmarshal([]byte(tail(p.log(), 1)), &line); err != nil {
		p.t.Fatal(err)
	}
	return line
}

func TestWhatATerminationCouldNotSaveIsCountedInTheLastLine(t *testing.T) {
	t.Parallel()
	db := postgrestest.Start(t, postgrestest.Options{})
	database := db.NewDatabase(t)
	db.Pause(t)
	// What waits for a store that never answers is more than there is room for.
	config := "feeds: ['push:']\nhistory: {every: 0s, spool_bytes: 1048576}\n" + shutdown
	p := start(t, setup{config: config, args: []string{"--history", database}})
	s := &stage{t: t, program: p, source: pour(t, p, usualSymbols(), time.Millisecond)}
	s.source.resume()
	p.awaitMetric(`ticker_history_rows_total{result="lost"}`, func(rows float64) bool { return rows > 0 })
	s.source.hold()
	p.terminate()
	last := p.lastLine()
	lost, _ := last["lost_rows"].(float64)
	spooled, _ := last["spooled_rows"].(float64)
	t.Logf("of %d rows %.0f were lost and %.0f spooled", s.source.rows(), lost, spooled)
	if last["msg"] != "stopped" || lost == 0 || spooled == 0 || lost+spooled != float64(s.source.rows()) {
		t.Errorf("of %d rows the last line says %v", s.source.rows(), last)
	}
	db.Resume(t)
	p.again()
	p.awaitReady()
	p.awaitMetric("ticker_history_backlog_rows", func(rows float64) bool { return rows == 0 })
	if stored, _, _ := rowsOf(p.metrics()); stored != spooled {
		t.Errorf("%.0f rows were spooled, and %.0f found", spooled, stored)
	}
}
