// Package kafka reads quotes, or the raw messages of an exchange, from a topic of
// Apache Kafka or of what speaks its protocol.
//
//	brokers ──► Source ──record by record──► payload.Reader ──► Sink
//	   ▲           │
//	   └─ commit ──┘ of what the book took
//
// One Run is one membership of the consumer group. It says Connected when the
// group has taken it in, also if it was given no partition, and Alive while the
// topic is quiet and a broker answers, so that a limit of silence is about the
// broker.
//
// # What is committed
//
// A record's offset is marked after the sink took all that is in the record, and
// marks are committed once a second, before a partition is given away, and at the
// end of Run. A process that is killed reads the last second again, into the new
// book of the next one.
//
// # Once in the life of the process
//
// After a rebalance or a lost commit, brokers deliver again. The Source remembers
// for each partition the last offset that it took, over all its Runs, and passes
// over what is not above it. It notes the offset before the record is read: a
// record whose parser panics is not read a second time.
//
// Offsets begin at 0 again in a topic that was deleted and created anew. It is
// told by its topic ID: with another ID, nothing of it was taken. A record of a
// higher leader epoch than the last one that was taken is new too, whatever its
// offset: the log was cut back and written again. Brokers older than 2.8 have no
// topic IDs; there a topic that was created anew is passed over up to the offset
// that the old one had reached, until the process is restarted. A group's commits
// belong to the brokers, and older ones can keep those of a deleted topic.
//
// # What ends a Run
//
// The client library retries for ever, silently. So Run asks for the topic itself:
// before it joins, when no broker was heard from for a second, and every five
// seconds while nothing comes in. No answer within five seconds, a topic that is
// not there or is another one, an error of the group or of a partition, and 30 s
// without being let into the group end Run with an error. Leaving takes at most
// two seconds.
//
// A batch that cannot be decoded is refused like a record; data that the brokers
// lost is logged.
//
// # Concurrency and bounds
//
// Runs of one Source follow one another. The client's goroutines end with Run;
// the sink is called from Run's own only. In memory are at most about 16 MiB for
// each broker, of batches of at most 64 MiB when unpacked; a flood waits in the
// topic.
package kafka
