package faults_test

import (
	"context"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"ticker/internal/postgrestest"
)

// stored is a stage whose history is in a PostgreSQL server of its own.
type stored struct {
	*stage
	db       *postgrestest.Server
	database string // its URL
}

func openStored(t *testing.T, o postgrestest.Options) *stored {
	t.Helper()
	db := postgrestest.Start(t, o)
	database := db.NewDatabase(t)
	p := start(t, setup{config: pushConfig, args: []string{"--history", database}})
	p.awaitReady()
	return &stored{load(t, p), db, database}
}

// outage breaks the store, wants live data to go on while it is broken, mends it,
// and wants every row in it.
func (s *stored) outage(fault, repair func()) {
	s.t.Helper()
	fault()
	s.program.awaitMetric("ticker_history_spool_bytes", func(bytes float64) bool { return bytes > 0 })
	s.quiet()
	s.source.awaitRounds(20)
	s.quiet()
	if backlog := s.program.metrics()["ticker_history_backlog_rows"]; backlog == 0 {
		s.t.Error("nothing waits for a store that is broken")
	}
	repair()
	s.drained()
	s.recorded(time.Now().Add(grace))
	s.quiet()
	s.undisturbed()
}

// down wants the service to say that it has no store.
func (s *stored) down() {
	s.t.Helper()
	s.program.awaitMetric("ticker_history_store_up", func(up float64) bool { return up == 0 })
	if ok, why := s.program.ready(); ok {
		s.t.Errorf("ready without a store: %s", why)
	}
}

// admin runs statements as the superuser of the server.
func (s *stored) admin(statements ...string) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	conn, err := pgconn.Connect(ctx, s.db.URL("postgres"))
	if err != nil {
		s.t.Fatal(err)
	}
	defer conn.Close(ctx) //nolint:errcheck // every answer was read
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement).ReadAll(); err != nil {
			s.t.Fatalf("%s: %v", statement, err)
		}
	}
}

func (s *stored) killed() {
	s.outage(func() { s.db.Kill(s.t); s.down() }, func() { s.db.Restart(s.t) })
}

func (s *stored) stalled() {
	s.outage(func() { s.db.Pause(s.t) }, func() {
		lasting(s.t, 5*time.Second) // longer than a store that is only slow
		s.db.Resume(s.t)
	})
}

func (s *stored) readOnly() {
	set := func(value string) {
		s.admin("alter system set default_transaction_read_only = "+value, "select pg_reload_conf()",
			"select pg_terminate_backend(pid) from pg_stat_activity where datname like 'test%'")
	}
	s.outage(func() { set("on"); s.down() }, func() { set("off") })
}

func TestAStoreThatIsKilledDelaysNoClientAndLosesNoRow(t *testing.T) {
	t.Parallel()
	openStored(t, postgrestest.Options{}).killed()
}

func TestAStoreThatStandsStillDelaysNoClientAndLosesNoRow(t *testing.T) {
	t.Parallel()
	openStored(t, postgrestest.Options{}).stalled()
}

func TestAStoreThatTurnsReadOnlyDelaysNoClientAndLosesNoRow(t *testing.T) {
	t.Parallel()
	openStored(t, postgrestest.Options{}).readOnly()
}
