package faults_test

import (
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"ticker/internal/natstest"
	"ticker/internal/postgrestest"
	"ticker/internal/redistest"
	"ticker/internal/servertest"
)

// succession ends a leader under load, and wants the standby to take over: what is
// stale meanwhile is told to be, nothing goes back, and no trade counts twice.
func (f *fleet) succession(end func(leader *program)) {
	f.t.Helper()
	f.source.awaitRounds(100)
	leader, others := f.leader()
	end(leader)
	ended := time.Now()
	f.source.hold()
	f.source.doubt(ended.Add(-grace)) // who ended may have kept the last of them to itself
	f.goneStale(f.crowd)
	f.source.resume()
	f.source.awaitRounds(10)
	f.t.Logf("quotes were taken again %v after the end", time.Since(ended).Round(time.Millisecond))
	others[0].awaitMetric("ticker_relay_leading", one)
	f.healed()
}

func TestAKilledLeaderIsSucceededAndNothingGoesBackOrCountsTwice(t *testing.T) {
	t.Parallel()
	db := postgrestest.Start(t, postgrestest.Options{})
	f := assemble(t, fleetSetup{engine: natstest.Start(t, natstest.Options{}).URL(), history: db.NewDatabase(t), ingests: 2, edges: 2})
	first, _ := f.leader()
	f.succession((*program).kill)
	first.again()
	first.awaitMetric("ticker_relay_connected", one)
	f.remembered()
	f.succession((*program).kill)
	f.remembered()
}

func TestAKilledLeaderIsSucceededOverRedisToo(t *testing.T) {
	t.Parallel()
	f := assemble(t, fleetSetup{engine: "redis://" + redistest.Start(t, redistest.Options{}).Addr(), ingests: 2, edges: 1})
	f.succession((*program).kill)
}

func TestALeaderThatStoodStillForLongerThanItsLeaseIsHeardNoMoreAndEnds(t *testing.T) {
	t.Parallel()
	db := postgrestest.Start(t, postgrestest.Options{})
	f := assemble(t, fleetSetup{engine: natstest.Start(t, natstest.Options{}).URL(), history: db.NewDatabase(t), ingests: 2, edges: 2})
	first, _ := f.leader()
	f.succession(func(leader *program) {
		leader.signal(syscall.SIGSTOP)
		f.source.awaitTries(2) // some wait in its sockets
	})
	first.signal(syscall.SIGCONT)
	if code := first.end(); code != 1 {
		t.Errorf("a leader that was deposed ended with exit code %d", code)
	}
	f.source.awaitRounds(20)
	f.healed()
	f.deposed = true
	f.remembered()
}

// outage takes the engine away, wants edges to serve on what they have and to say what
// it is worth, brings it back, and wants everything that was accepted meanwhile to
// arrive.
func (f *fleet) outage(take, give func()) {
	f.t.Helper()
	f.source.awaitRounds(50)
	take()
	f.goneStale(f.crowd)
	f.source.awaitRounds(20)
	for _, edge := range f.edges {
		if ok, why := edge.ready(); ok {
			f.t.Errorf("ready without an engine: %s", why)
		}
		if status, text := edge.get("/v1/snapshot?symbols=S0"); status != http.StatusOK || !strings.Contains(text, `"stale"`) {
			f.t.Errorf("a snapshot without an engine: %d %s", status, text)
		}
	}
	give()
	f.healed()
	for _, edge := range f.edges {
		edge.awaitReady()
	}
}

// outages takes an engine away in both ways there are: it is gone, and it stands still
// with its connections open.
func (f *fleet) outages(engine *servertest.Process) {
	f.t.Helper()
	f.outage(func() { engine.Kill(f.t) }, func() { engine.Restart(f.t) })
	f.outage(func() { engine.Pause(f.t) }, func() {
		lasting(f.t, lease) // it has ended by then
		engine.Resume(f.t)
	})
}

func TestWithoutTheirEngineEdgesServeOnMarkedStaleAndHealByThemselves(t *testing.T) {
	t.Parallel()
	nats := natstest.Start(t, natstest.Options{})
	assemble(t, fleetSetup{engine: nats.URL(), ingests: 1, edges: 2}).outages(nats.Process)
}

func TestWithoutRedisEdgesServeOnMarkedStaleAndHealByThemselves(t *testing.T) {
	t.Parallel()
	redis := redistest.Start(t, redistest.Options{})
	assemble(t, fleetSetup{engine: redis.URL(), ingests: 1, edges: 1}).outages(redis.Process)
}
