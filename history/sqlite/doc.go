// Package sqlite keeps history in one file, without a server.
//
//	Append ──► one writer ──► history.db ◄── a few readers ◄── AsOf, Quotes, …
//	                          history.db-wal
//	                          history.db.lock    one process at a time
//
// # Tables
//
// Every UTC day has two tables of its own, so that dropping a day is dropping
// tables: samples_2026_11_20 has the samples by (symbol, recv, seq, epoch), and
// candles_2026_11_20 the candles of one minute by (symbol, minute), with the
// positions of their first and last sample, so that parts may come in any order.
// Table days lists the days there are, and when each was last written to. Table
// carried has, for each day, the newest record before it of every symbol: what
// was known at a moment is in the tables of one day, or in the rows carried into
// it. Table symbols gives names numbers.
//
// Times are microseconds since the Unix epoch. Numbers are the digits that came
// in, as text; NULL is what was never known, a live status, no reason and an
// unknown ts. All of it can be read with the sqlite3 program, also while the
// service runs:
//
//	select datetime(recv / 1000000, 'unixepoch'), bid, ask
//	from samples_2026_11_20 join symbols on id = symbol where name = 'AAPL'
//
// A batch and all that follows from it (days, carried rows, candles) is one
// transaction. A batch that meets samples that are there already is undone,
// looked through, and written again without them.
//
// # Damage and full disks
//
// The file is in WAL mode with synchronous=NORMAL: what Append returned for is
// safe from the end of the process, and the newest of it may be lost, as a whole,
// when the machine loses power. A file that is no database, or that a write finds
// damaged, is moved aside at the next Open, to a name with ".damaged-" and the
// time, and a new one is begun. Damage that only a question meets stays where it
// is: that question fails, others do not. A full disk is an error that goes when
// there is room again.
//
// # Concurrency
//
// All methods may be called from any goroutine; Append and Maintain take turns,
// and readers neither wait for them nor hold them up. Open and Close wait for
// calls that are under way, whose contexts bound them. The package starts no goroutines
// but those of database/sql, which end with Close.
//
// # What the caller must do
//
// Call Open first, and again after Append or Maintain failed: that is when a file
// that went bad is replaced. Keep the file on a local disk.
package sqlite
