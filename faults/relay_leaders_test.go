package faults_test

import (
	"syscall"
	"testing"
	"time"

	"ticker/internal/natstest"
	"ticker/internal/postgrestest"
	"ticker/internal/redistest"
	"ticker/internal/servertest"
)

// lease is how long a leader that its engine does not hear is not succeeded.
const lease = 3 * time.Second

// overEngines runs a test over each engine, which carries the stream of a leader and
// a standby to two edges and keeps what it has over a kill. Over NATS the leader
// records.
func overEngines(t *testing.T, test func(t *testing.T, f *fleet, engine *servertest.Process)) {
	t.Helper()
	t.Run("nats", func(t *testing.T) {
		t.Parallel()
		engine := natstest.Start(t, natstest.Options{})
		db := postgrestest.Start(t, postgrestest.Options{})
		f := assemble(t, fleetSetup{engine: engine.URL(), history: db.NewDatabase(t), ingests: 2, edges: 2})
		test(t, f, engine.Process)
		f.remembered()
	})
	t.Run("redis", func(t *testing.T) {
		t.Parallel()
		engine := redistest.Start(t, redistest.Options{Persist: true})
		test(t, assemble(t, fleetSetup{engine: engine.URL(), ingests: 2, edges: 2}), engine.Process)
	})
}

// led waits until every node that could lead is well, and wants this one to lead,
// alone.
func (f *fleet) led(by *program) {
	f.t.Helper()
	for _, p := range f.ingests {
		p.awaitReady()
		if leads := p.metrics()["ticker_relay_leading"] == 1; leads != (p == by) {
			f.t.Errorf("node %s leads: %v", p.admin, leads)
		}
	}
}

func TestAnEngineThatStandsStillForLessThanALeaseChangesNoLeader(t *testing.T) {
	t.Parallel()
	overEngines(t, func(t *testing.T, f *fleet, engine *servertest.Process) {
		leader, _ := f.leader()
		standstill := func(d time.Duration) {
			f.source.awaitRounds(50)
			engine.Pause(t)
			lasting(t, d)
			engine.Resume(t)
			f.healed()
		}
		standstill(lease / 4)
		f.unharmed(f.crowd)
		standstill(2 * lease / 5) // the leader gives its connection up
		f.led(leader)
	})
}

func TestAfterAnOutageLongerThanItsLeaseTheLeaderLeadsOnBeforeAStandby(t *testing.T) {
	t.Parallel()
	overEngines(t, func(t *testing.T, f *fleet, engine *servertest.Process) {
		leader, _ := f.leader()
		f.outage(func() { engine.Pause(t) }, func() {
			lasting(t, lease/2) // with what it took to go stale, it has ended
			engine.Resume(t)
		})
		f.led(leader)
		f.outage(func() { engine.Kill(t) }, func() {
			lasting(t, lease/2)
			engine.Restart(t)
		})
		f.led(leader)
	})
}

// What the leader took while nobody could hear it is lost with its lease, but for
// history.
func TestALeaderThatStandsStillWhenItsEngineIsBackIsSucceededAndEnds(t *testing.T) {
	t.Parallel()
	overEngines(t, func(t *testing.T, f *fleet, engine *servertest.Process) {
		first, others := f.leader()
		f.succession(func(leader *program) {
			unheard := time.Now()
			engine.Pause(t)
			f.source.awaitRounds(50)
			lasting(t, lease)
			leader.signal(syscall.SIGSTOP)
			f.source.awaitTries(2) // some wait in its sockets
			f.source.doubt(unheard.Add(-grace))
			engine.Resume(t)
		})
		first.signal(syscall.SIGCONT)
		if code := first.end(); code != 1 {
			t.Errorf("a leader that was deposed ended with exit code %d", code)
		}
		first.again()
		f.source.awaitRounds(20)
		f.healed()
		f.led(others[0])
		f.deposed = true
	})
}
