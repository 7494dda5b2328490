package history

import (
	"errors"
	"fmt"
	"log/slog"
	"time"

	"ticker/history/internal/spool"
)

// diskRetry is how long a disk that refused is left alone.
const diskRetry = time.Second

// keptDay is the longest that a day goes on after a sample of it.
const keptDay = 24 * time.Hour

// keeper moves batches to the spool, and back when the store is ready for them.
// Nobody else touches the spool, so nobody else waits for the disk.
type keeper struct {
	backlog *backlog
	dir     string
	options spool.Options
	log     *slog.Logger

	spool         *spool.Spool // nil until it could be opened
	encoded       []byte       // reused
	reads, writes ability
	unsaved       int // samples that could not be spooled in the end
}

// ability is one of the things that a disk can refuse.
type ability struct {
	without string    // what becomes of samples then
	err     error     // of the last try
	retryAt time.Time // after it
}

// spoolAge returns the age at which the store would have dropped what waits, whatever
// the hour: it drops whole days, keep after their end. 0 is no bound.
func spoolAge(keep time.Duration) time.Duration {
	if keep == 0 {
		return 0
	}
	return keep + keptDay
}

func newKeeper(cfg *RecorderConfig, backlog *backlog) *keeper {
	return &keeper{
		backlog: backlog, dir: cfg.Spool, log: cfg.Logger,
		options: spool.Options{MaxBytes: cfg.SpoolBytes, MaxAge: spoolAge(cfg.Keep), Logger: cfg.Logger},
		reads:   ability{without: "what is in the spool waits"},
		writes:  ability{without: "samples wait in memory, the oldest are lost when it is full"},
	}
}

// run keeps the backlog until it is closed, and spools then what is left.
func (k *keeper) run() {
	for {
		closed := k.backlog.isClosed() // asked first: nothing comes after it
		wait, worked := k.step(time.Now(), closed)
		switch {
		case worked:
		case closed:
			k.end()
			return
		default:
			k.wait(wait)
		}
	}
}

// wait waits for a change, for at most a time, and never longer than until a
// disk that refused is to be tried again.
func (k *keeper) wait(most time.Duration) {
	if most == 0 {
		most = diskRetry
	}
	timer := time.NewTimer(min(most, diskRetry))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-k.backlog.toKeeper:
	}
}

// step does what there is to do, each thing once, and reports whether that was
// anything. If not, it says in what time there will be, 0 for unknown.
func (k *keeper) step(now time.Time, closed bool) (wait time.Duration, worked bool) {
	k.backlog.busy(now)
	defer k.backlog.busy(time.Time{})
	mayRead := closed || !now.Before(k.reads.retryAt)
	mayWrite := closed || !now.Before(k.writes.retryAt)
	if k.spool == nil {
		return 0, mayWrite && k.open()
	}
	if mayRead {
		worked = k.acknowledge()
		worked = k.load() || worked
	}
	if !mayWrite {
		return 0, worked
	}
	b, wait := k.backlog.toSpool(now)
	if b != nil {
		worked = k.write(b) || worked
	}
	return wait, worked
}

func (k *keeper) open() bool {
	opened, err := spool.Open(k.dir, k.options)
	k.note(&k.writes, err)
	if err != nil {
		k.backlog.found(spool.Stats{}, err)
		return false
	}
	k.spool = opened
	k.backlog.found(opened.Stats(), nil)
	return true
}

// acknowledge removes what the store has taken.
func (k *keeper) acknowledge() (worked bool) {
	for b := k.backlog.toAcknowledge(); b != nil; b = k.backlog.toAcknowledge() {
		done, err := k.spool.Done(b.record)
		k.note(&k.reads, err)
		if err != nil {
			return false
		}
		k.backlog.acknowledged(b, !done, k.spool.Stats())
		worked = true
	}
	return worked
}

// load reads the oldest batch of the spool if it is wanted.
func (k *keeper) load() bool {
	if !k.backlog.toLoad() {
		return false
	}
	record, ok, err := k.spool.Peek()
	k.note(&k.reads, err)
	if !ok {
		k.backlog.load(nil, k.spool.Stats())
		return false
	}
	b := k.backlog.blank()
	b.record, b.spooled = record.ID, true
	err = decodeBatch(&b.Batch, record.Payload)
	if err == nil && len(b.Samples) != int(record.Count) {
		err = fmt.Errorf("%d samples instead of %d: %w", len(b.Samples), record.Count, errCodec)
	}
	if err != nil {
		return k.giveUp(&record, err)
	}
	k.backlog.load(b, k.spool.Stats())
	return true
}

// giveUp passes over a record that is as it was written, and no batch.
func (k *keeper) giveUp(record *spool.Record, why error) bool {
	_, err := k.spool.Done(record.ID)
	k.note(&k.reads, err)
	if err != nil {
		return false
	}
	k.log.Error("history spool holds a batch that cannot be read",
		slog.Any("error", why), slog.Uint64("lost_rows", uint64(record.Count)))
	k.backlog.undecodable(record.Count, k.spool.Stats())
	return true
}

// write spools a batch. It is safe from the end of the process before it is
// synced, and the store may have it then.
func (k *keeper) write(b *batch) bool {
	k.encoded = appendBatch(k.encoded[:0], &b.Batch)
	record, err := k.spool.Append(k.encoded, uint32(len(b.Samples)))
	k.backlog.written(b, record, k.spool.Stats(), err)
	k.note(&k.writes, errors.Join(err, k.spool.Sync()))
	if err == nil {
		k.writes.retryAt = time.Time{} // whatever became of the sync
	}
	return err == nil
}

// note logs when the disk begins to refuse something, and when it ends to.
func (k *keeper) note(a *ability, err error) {
	before := a.err
	a.err = err
	switch {
	case err != nil:
		a.retryAt = time.Now().Add(diskRetry)
		if before == nil {
			k.log.Error("history spool is in trouble", slog.String("dir", k.dir), slog.Any("error", err),
				slog.String("effect", a.without))
		}
	case before != nil:
		k.log.Info("history spool is out of trouble", slog.String("dir", k.dir))
	}
}

// end closes the spool, and gives up what it did not take.
func (k *keeper) end() {
	k.unsaved = k.backlog.abandon()
	if k.spool == nil {
		return
	}
	if err := k.spool.Close(); err != nil {
		k.log.Error("history spool could not be closed", slog.String("dir", k.dir), slog.Any("error", err))
	}
}
