// Package relay carries the book's stream from the node that owns it to others, so
// that more clients can be served than one machine holds.
//
//	feeds ──► book ──► Publisher ══► Engine ══► Follower ──► book ──► sessions
//	          the leader's          relay/nats               an edge's
//	                                relay/redis
//
// One node leads: it has the feeds, and its book counts the sequences. Edges have a
// book as well, which a Follower fills; whatever reads a book, sessions above all,
// does not know the difference.
//
// # What is carried
//
// Once a round, 50 ms unless configured, the leader's Publisher takes the newest
// record of every symbol that changed, and sends those of one partition as one Batch.
// A symbol belongs to one of 256 partitions, by its name. A Tick ends the round: it
// tells how many batches each partition has had by then. So the traffic is bounded by
// symbols and rounds, whatever changes and however many clients there are; and whoever
// missed a batch knows it at the next tick, 50 ms later.
//
// Of each partition the engine keeps one Snapshot, the newest record of all its
// symbols, which the leader renews once a second if the partition changed, and when a
// follower wants it. A follower that begins with a partition listens first, loads the
// snapshot, and goes on with the batches behind it, which their numbers tell. After a
// gap it does the same; where the engine has a backlog it reads the batches that it
// missed instead.
//
// # What is kept exact
//
// A record keeps the sequence, the times, the source and the status that the leader
// gave it. With it go the trades since the record of the symbol that the leader knows
// to have been delivered, as a bar, and the sums of all trades of this reign: what a
// follower adds to its book is the difference of the sums, so a batch that comes
// twice, or not at all, changes no sum. The highest and the lowest price of a gap are
// exact if there was a backlog to read.
//
// Numbers and sums begin at 0 with a reign, the terms of one leader in a row. In the
// first round of a term every record is sent, and before it every snapshot is kept: so
// a follower needs nothing of the reign before, and what it had that the new leader
// has not is set right. Trades of which nobody heard when a leader died are lost with
// it, and so are those that a follower missed at the end of a reign.
//
// Sequences never go back, on any node. Where a node has to say something that the
// leader did not, that a record is stale since the engine is away, it counts on by
// itself, and falls in with the leader's count as soon as that is higher.
//
// Cursors name a tick, and each node knows at which stamp of its own book it was in
// step with which tick (Places). So a cursor of one node is good on every other. One
// that is too old, or of symbols that this node began with later, brings full records;
// so does one of a tick that the next leader did not hear any more.
//
// # Who leads
//
// Nodes that could lead compete for a Lease. Its holder has a term, higher than any
// before; followers ignore what comes from a lower one. A Standby is a follower of
// everything, and goes on counting where the leader's records ended: the epoch lasts
// for as long as the engine keeps its snapshots, or a node that could lead lives. What
// it has is stale until its own feeds speak. A node that came too late to hear the
// leader lets others go first, for some seconds: it knows only what was kept.
//
// A leader whose lease ended while the engine was away takes it anew, in another term
// of the same reign. A standby gives it the time of a lease for that: what the leader
// took meanwhile it alone has. If anybody else may have led it is deposed, and its
// process has to end.
//
// # Faults
//
// A follower that hears no tick for two seconds marks its symbols stale
// (disconnected), keeps what it has, and goes on serving. It heals by itself: it hears
// a tick, sees what it missed, and loads it. What a leader cannot send is not queued:
// its next round has the newest. A leader whose lease ran out sends nothing. Partitions
// that nobody watches any more are followed for half a minute, and are stale then.
//
// # What the caller must do
//
// Both a Publisher and a Follower of a node get its Places, and so does its
// fanout.Hub. Before a subscribe or a question is answered at an edge, Reach brings the
// symbols. A Follower must not run beside a Publisher: Standby sees to that. Ready
// belongs into the readiness of an edge.
//
// # Concurrency
//
// Publisher.Run, Follower.Run and Candidate.Run each block until ctx is done and all
// their goroutines have ended. A Follower changes its book from one goroutine. Queues
// are bounded: what finds one full is dropped and shows as a gap.
package relay
