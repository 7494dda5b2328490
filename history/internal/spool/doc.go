// Package spool is a durable first-in-first-out queue of records in a directory.
//
//	Append ──► newest segment … oldest segment ──► Peek, Done
//
// # On disk
//
// A segment is a file of 20 digits and ".spool", numbered upwards: 8 bytes that
// name the format, then frames. A frame is a header of 16 bytes, little endian
// (the length of the record; its count; the CRC-32C of these 8 bytes; the
// CRC-32C of the record), and the record. Segments are only ever appended to,
// by the process that began them, and removed when all their records are done.
// Other files in the directory are left alone.
//
// The count of a record says how many things it stands for. The spool adds the
// counts up, so that whoever spools batches can tell how many rows wait, and how
// many were lost, without reading them.
//
// # What is kept
//
// A record survives the end of the process, however sudden, once Append has
// returned, and the end of the machine once Sync has. What was done in a segment
// that still has other records is seen again after a restart: the consumer must
// bear records twice.
//
// There are two bounds, on bytes and on age. An Append that would pass one drops
// segments, whole and the oldest first; Stats tells how much was lost so far.
//
// The age of a segment is the time from its newest record to the one that is
// appended, on the steady clock: a wall clock that is set makes nothing old. While
// nothing is appended nothing grows older, and the newest is kept. Of what an
// earlier process left, the times of the files tell how much older than the newest
// file each is; the time from that one to the start does not count. Nothing of it is
// too old in the first hour: that is for a consumer who is back, and for a clock that
// was set between two files.
//
// A disk that is full fails Append, and leaves nothing half written behind: the
// next Append may work. A segment whose fsync failed is never synced again,
// because the kernel may have forgotten what it could not write: what Sync had
// not made safe is written once more, to a new segment.
//
// # At the start
//
// A frame that was cut off at the end of a segment was never acknowledged to
// anybody, and is passed over. Any other frame that is not as it was written is
// damage: what stands before it is read, what stands behind it cannot be
// trusted. Such a segment is renamed to end in ".damaged" when its readable
// records are done, instead of removed, and an error is logged. Nobody deletes
// these files but the operator.
//
// # Concurrency
//
// A Spool belongs to one goroutine, and a directory to one Spool: on Unix a lock
// on a file beside it sees to that, and goes with the process. Every call may take as
// long as the disk takes.
package spool
