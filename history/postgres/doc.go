// Package postgres keeps history in PostgreSQL, version 13 or newer.
//
//	Append ──COPY──► quotes, one partition a UTC day ──► AsOf, Quotes, Between
//	   ├───upsert──► candles of a minute             ──► Candles
//	   └───────────► carried: the newest before a day ─► AsOf
//
// Everything is in a schema of its own, named ticker, which Open makes and
// brings up to date; migrations/ is the reference of its tables. Where the
// database has the extension TimescaleDB, the samples are in a hypertable
// instead of partitions; nothing else differs.
//
// # Writing
//
// A batch is one transaction: its samples, the candles that their trades belong
// to, and whatever days and symbols are new. The samples go by COPY straight
// into the table, whose unique index is what finds a batch that was there
// before: only then it goes through a staging table that leaves out what is
// known, and only what is new is folded into the candles. So a batch may be
// appended again after an error that leaves open what became of it.
//
// # Looking back
//
// A symbol may be quiet for days. When the first sample of a day comes, the
// newest record of every symbol before that day is carried over, so that as-of
// reads one day: the newest that has samples at or before the moment. A sample
// that comes late, to a day before others, brings what these carry up to date
// in its own transaction.
//
// # Locks
//
// Appends hold an advisory lock that they share; whoever makes or drops a day
// holds it alone. So no day appears or goes in the middle of an append, and the
// records that are carried into a new day are the newest there are. Services
// that start at one time migrate one after the other, under a lock of the
// session.
//
// # Failures
//
// Nothing is retried here: an error is the caller's to wait out. After one that
// says that the server went away or turned read-only the pool is emptied, so
// the next call finds the server that is there then. With several hosts in the
// URL, target_session_attrs=read-write picks the one that takes writes.
//
// # What the caller must do
//
// Open before anything else, Append from one goroutine at a time, Close at the
// end. Bound every call by its context: a server that stands still is waited
// for as long as that allows. The role in the URL owns the schema, or may create
// it.
package postgres
