package postgres

import (
	"slices"
	"strings"
	"testing"
	"time"

	"ticker/history"
	"ticker/history/historytest"
)

// standIn registers an extension by the name of TimescaleDB, whose functions
// note their calls; dropping chunks deletes their rows.
const standIn = `
	create schema tsdb;
	create table tsdb.calls (n serial, call text);
	create function tsdb.create_hypertable(
		relation regclass, time_column_name name, chunk_time_interval interval, create_default_indexes boolean) returns void
	language sql as $$
		insert into tsdb.calls (call) values (format('create %s by %s each %s, indexes %s',
			relation, time_column_name, chunk_time_interval, create_default_indexes))
	$$;
	create function tsdb.drop_chunks(relation regclass, older_than timestamptz, newer_than timestamptz) returns setof text
	language plpgsql as $$
	begin
		insert into tsdb.calls (call) values (format('drop %s from %s', relation, newer_than at time zone 'UTC'));
		execute format('delete from %s where recv >= %L and recv < %L', relation, newer_than, older_than);
	end $$;
	set allow_system_table_mods = on;
	insert into pg_extension (oid, extname, extowner, extnamespace, extrelocatable, extversion)
		values (99999, 'timescaledb', 10, 'tsdb'::regnamespace, false, '2.0')`

func newTimescale(t *testing.T) string {
	t.Helper()
	url := server.Server(t).NewDatabase(t)
	execute(t, connect(t, url), standIn)
	return url
}

// TestWithTimescaleDBTheStoreKeepsTheContract runs on stand-ins for the
// extension's functions, in a schema that is not in the search path. It proves
// that they are called where they are, with arguments of the documented names
// and types, and that everything else works on a table that has no partitions
// of its own. It does not prove that the real functions accept the call, nor
// what chunks, their constraints or their plans are like.
func TestWithTimescaleDBTheStoreKeepsTheContract(t *testing.T) {
	t.Parallel()
	historytest.Run(t, func(t *testing.T) func() history.Store {
		url := newTimescale(t)
		return func() history.Store { return newStore(t, url) }
	})
}

// TestWithTimescaleDBChunksTakeThePlaceOfPartitions proves, of the same
// stand-ins, which calls are made.
func TestWithTimescaleDBChunksTakeThePlaceOfPartitions(t *testing.T) {
	t.Parallel()
	url := newTimescale(t)
	s := openStore(t, url)
	appendAll(t, s, batch("e", trade("A", noon, 1, 100)), batch("e", trade("A", noon+dayMicros, 2, 100)))
	conn := connect(t, url)
	expect(t, conn, partitions, "candles_20240301", "candles_20240302")
	execute(t, conn, `update ticker.days set written = day`)
	if err := s.Maintain(t.Context(), time.UnixMicro(noon+2*dayMicros), 24*time.Hour); err != nil {
		t.Fatal(err)
	}
	expect(t, conn, `select call from tsdb.calls order by n`,
		"create ticker.quotes by recv each 1 day, indexes f", "drop ticker.quotes from 2024-03-01 00:00:00")
	expect(t, conn, `select recv::date::text from ticker.quotes`, "2024-03-02")
	expect(t, conn, `select day::text from ticker.days order by day`, "2024-03-02", "2024-03-03", "2024-03-04")
}

// TestAnExtensionThatCameLaterChangesNothing proves that what counts is what the
// table is, not what the database could make of it.
func TestAnExtensionThatCameLaterChangesNothing(t *testing.T) {
	t.Parallel()
	url := server.Server(t).NewDatabase(t)
	closeStore(t, openStore(t, url))
	conn := connect(t, url)
	execute(t, conn, standIn)
	appendAll(t, openStore(t, url), batch("e", trade("A", noon, 1)))
	expect(t, conn, `select call from tsdb.calls`)
	if got := column(t, conn, partitions); !slices.ContainsFunc(got, func(name string) bool {
		return strings.HasPrefix(name, "quotes_")
	}) {
		t.Errorf("partitions are %v", got)
	}
}
