package relay

import (
	"log/slog"
	"time"

	"ticker/market"
)

// stream is how far a follower is with what a leader sends. It belongs to the
// goroutine that changes the book.
type stream struct {
	f     *Follower
	line  market.SourceID
	names names

	// heard is the header of the newest message; its epoch is empty before the first.
	heard header
	// numbers are those of the newest tick of this reign, if ticked.
	numbers [Partitions]uint64
	ticked  bool

	ticks time.Time // when the last one came, or the beginning
	// silent says that no tick came for too long, and everything is stale; fresh that
	// records came since, which are not.
	silent, fresh bool

	parts   [Partitions]partition
	changed <-chan struct{} // of the demand
	reaches []*reach
	garbage bool // it was said that there are messages that cannot be read
}

func newStream(f *Follower) stream {
	s := stream{f: f, line: f.cfg.Book.Line(f.cfg.Name), names: make(names), ticks: f.start}
	for i := range s.parts {
		s.parts[i].index = i
	}
	return s
}

// take takes a message that was received.
func (s *stream) take(m Message) {
	kind := byte(kindBatch)
	if m.Channel == Control {
		kind = kindTick
	}
	h, r, err := s.open(kind, m.Body)
	if err != nil {
		s.bad(err)
		return
	}
	if h.term < s.heard.term {
		s.f.count.dropped.WithLabelValues("term").Inc()
		return
	}
	s.hear(&h)
	if m.Channel == Control {
		s.tick(&h, &r)
		return
	}
	if p := &s.parts[m.Channel]; p.follows {
		s.batch(p, &h, &r, m.Body)
	}
}

// open reads the header of a message of a kind.
func (s *stream) open(kind byte, body []byte) (header, reader, error) {
	h, r, err := open(s.names, body)
	if err == nil && h.kind != kind {
		err = errMessage
	}
	return h, r, err
}

// bad counts a message that cannot be read, and says so once.
func (s *stream) bad(err error) {
	s.f.count.dropped.WithLabelValues("bad").Inc()
	if !s.garbage {
		s.garbage = true
		s.f.log.Error("a message of the relay cannot be read; further ones are only counted", slog.Any("error", err))
	}
}

// hear notes who speaks. With a reign numbers and sums begin again, and so does what
// is known of symbols: its leader sends all of them in its first round. With an epoch
// nothing is sure that the new leader does not tell.
func (s *stream) hear(h *header) {
	was := s.heard
	s.heard = *h
	s.f.term.Store(h.term)
	if h.epoch != was.epoch {
		s.f.cfg.Places.Reset(h.epoch)
		if was.epoch != "" {
			s.f.cfg.Book.MarkStale(s.line, market.Disconnected)
		}
	}
	if h.reign == was.reign && h.epoch == was.epoch {
		return
	}
	if was.epoch != "" {
		s.f.log.Info("another node leads", slog.Uint64("term", h.term), slog.String("epoch", h.epoch))
	}
	s.ticked = false
	for i := range s.parts {
		s.parts[i].begin(h.reign > was.reign)
		s.f.ready[i].Store(s.parts[i].basis)
	}
}

// tick takes the end of a round: who missed a batch knows it now.
func (s *stream) tick(h *header, r *reader) {
	if err := r.tick(&s.numbers); err != nil {
		s.bad(err)
		s.ticked = false
		return
	}
	now := time.Now()
	s.ticked, s.ticks = true, now
	s.f.tickedAt.Store(int64(now.Sub(s.f.start)))
	if !s.f.hears.Swap(true) {
		s.f.count.connected.Set(1)
		s.f.log.Info("the leader is heard", slog.Uint64("term", h.term))
	}
	s.silent = false
	inStep := true
	for i := range s.parts {
		p := &s.parts[i]
		if !p.follows {
			continue
		}
		s.told(p)
		if p.inStep() {
			s.revive(p)
			p.inStepAt = now
		} else {
			s.heal(p, now)
		}
		inStep = inStep && p.inStep() && p.ahead <= h.tick
	}
	if inStep {
		stamp := s.f.cfg.Book.Stamp()
		s.f.cfg.Places.Note(h.tick, stamp, stamp)
	}
}

// batch takes a batch of a partition that is followed.
func (s *stream) batch(p *partition, h *header, r *reader, body []byte) {
	if h.number <= p.seen {
		return // it is there
	}
	if h.number > p.seen+1 {
		s.missed(p, h.number-1)
	}
	if p.holds {
		p.hold(h.number, body)
		return
	}
	p.seen = h.number
	if !s.apply(p, h, r) {
		p.miss(h.number)
	}
}

// told notes up to which batch the last tick told of.
func (s *stream) told(p *partition) {
	if number := s.numbers[p.index]; number > p.seen && (!p.holds || number > p.missed) {
		s.missed(p, number)
	}
}

// missed notes that the batches up to a number did not all come. Of a partition that
// was in step they can be read again, if there is a backlog: those that come
// meanwhile have to wait then, or their bars would come first.
func (s *stream) missed(p *partition, upTo uint64) {
	if _, ok := s.f.cfg.Inlet.(Backlog); ok && p.inStep() {
		p.holds = true
	}
	p.miss(upTo)
	s.heal(p, time.Now())
}

// apply takes the records of a batch or a snapshot over, and reports whether it could
// read all of them.
func (s *stream) apply(p *partition, h *header, r *reader) bool {
	var rec record
	for r.next(&rec) {
		s.f.count.records.Inc()
		if p.takes(&rec) {
			s.f.cfg.Book.Adopt(s.line, &rec.Sample)
		}
	}
	p.ahead = max(p.ahead, h.tick)
	s.fresh = true
	err := r.err()
	if err != nil {
		s.bad(err)
	}
	return err == nil
}

// revive gives the records of a partition the status back that its leader told, if
// they were marked stale here.
func (s *stream) revive(p *partition) {
	if !p.suspect {
		return
	}
	p.suspect = false
	for symbol, known := range p.symbols {
		if c := s.f.cfg.Book.Find(symbol); c != nil {
			sample := market.Sample{Quote: c.Quote()}
			sample.Seq, sample.Recv, sample.Status, sample.Reason = known.seq, known.recv, known.status, known.reason
			s.f.cfg.Book.Adopt(s.line, &sample)
		}
	}
}

// look does what time brings.
func (s *stream) look(now time.Time) {
	s.listen(now)
	if now.Sub(s.ticks) > s.f.cfg.Patience {
		s.silence()
	}
	counts := make(map[string]int, 4)
	for i := range s.parts {
		p := &s.parts[i]
		s.forget(p, now)
		s.heal(p, now)
		counts[p.state()]++
	}
	for _, state := range [...]string{"off", "loading", "gap", "in_step"} {
		s.f.count.partitions.WithLabelValues(state).Set(float64(counts[state]))
	}
}

// silence marks everything stale when ticks do not come any more, and what is loaded
// later too.
func (s *stream) silence() {
	if s.silent && !s.fresh {
		return
	}
	if !s.silent {
		s.f.hears.Store(false)
		s.f.count.connected.Set(0)
		s.f.log.Warn("no tick of a leader comes", slog.Duration("for", s.f.cfg.Patience))
	}
	s.silent, s.fresh = true, false
	s.f.cfg.Book.MarkStale(s.line, market.Disconnected)
	for i := range s.parts {
		s.parts[i].suspect = true
	}
}
