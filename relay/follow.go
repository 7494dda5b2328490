package relay

import (
	"time"

	"ticker/market"
)

// maxHeld bounds the bytes of batches of one partition that wait for what was missed
// before them.
const maxHeld = 4 << 20

// partition is how far a follower is with one partition.
//
//	off ──follow──► loading ──loaded──► in step ◄──healed── gap
//	 ▲                                     └──────missed────►┘
//	 └──────────── nobody asked for it any more ──────────────
type partition struct {
	index int

	follows  bool
	life     int  // how often it was followed
	listens  bool // the inlet delivers it
	demanded bool
	until    time.Time // it is followed for so long at least

	// basis says that it was in step since it is followed. Of symbols that appear from
	// then on every trade is news.
	basis   bool
	symbols map[market.Symbol]*known
	// seen is the number of the newest batch that was taken, or is known to have been
	// missed. Of missed, everything up to it has to be covered by a snapshot or a
	// backlog; 0 is in step.
	seen, missed uint64
	ahead        uint64 // the first tick that covers what it has
	inStepAt     time.Time
	suspect      bool // its records were marked stale here

	// holds says that it waits for a backlog, with the batches that came meanwhile.
	holds     bool
	held      [][]byte
	heldBytes int

	busy    bool // with a job
	again   time.Time
	tries   int
	want    bool // what is kept is too old
	refresh bool // the newest snapshot is wanted, although nothing is missing
}

// known is what a follower knows of a symbol: what its leader told last.
type known struct {
	sums   sums
	seq    uint64
	recv   int64
	status market.Status
	reason market.Reason
}

func (p *partition) inStep() bool { return p.basis && p.missed == 0 }

func (p *partition) state() string {
	switch {
	case !p.follows:
		return "off"
	case !p.basis:
		return "loading"
	case p.missed > 0:
		return "gap"
	}
	return "in_step"
}

// begin begins a reign. Sums of a symbol that is not known begin at 0 with a new
// reign; of one that was interrupted they cannot be known.
func (p *partition) begin(newer bool) {
	p.seen, p.missed, p.want = 0, 0, false
	p.release()
	clear(p.symbols)
	p.basis = p.basis && newer
}

// miss notes that everything up to a number has to be covered.
func (p *partition) miss(number uint64) {
	p.missed = max(p.missed, number)
	if !p.holds {
		p.seen = max(p.seen, number)
	}
}

// hold keeps a batch until what was missed before it is there. What is too much is
// left to a snapshot.
func (p *partition) hold(number uint64, body []byte) {
	p.missed = max(p.missed, number)
	if p.heldBytes += len(body); p.heldBytes <= maxHeld {
		p.held = append(p.held, body)
	}
}

// release lets go of what was held.
func (p *partition) release() { p.holds, p.held, p.heldBytes = false, nil, 0 }

// takes judges a record: it returns false if it is no newer than what is there, and
// else leaves in its bar the trades that are news.
func (p *partition) takes(rec *record) bool {
	k := p.symbols[rec.Symbol]
	switch {
	case k == nil:
		k = new(known)
		if !p.basis {
			k.sums = rec.sums
		}
		p.symbols[rec.Symbol] = k
	case rec.Seq <= k.seq:
		return false
	}
	rec.Bar = k.sums.behind(rec)
	*k = known{rec.sums, rec.Seq, rec.Recv, rec.Status, rec.Reason}
	return true
}
