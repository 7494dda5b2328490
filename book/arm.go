package book

// Arm is one reader's registration with one cell, or with the roster. Its
// owner makes it, keeps it at one address, and changes it only through Arm and
// Disarm.
type Arm struct {
	// Reader is what the owner recognises the registration by when it fires.
	Reader any
	// at is one more than the sequence it was armed at, 0 before. The owner
	// reads and writes it; the place in the list belongs to the shard's lock.
	at    uint64
	place int
}

// ArmedAt reports whether the registration was made at this sequence. It holds
// for as long as the cell has the sequence: any change ends it.
func (a *Arm) ArmedAt(seq uint64) bool { return a.at == seq+1 }

// Fired is the readers that were armed on a cell when it changed.
type Fired struct {
	cell *Cell
	arms []*Arm
}

// Arms returns the registrations that fired; none of them is registered now.
func (f Fired) Arms() []*Arm { return f.arms }

// Arm registers a for the first change after seq. It returns false, and
// registers nothing, if the cell changed already.
func (c *Cell) Arm(a *Arm, seq uint64) bool {
	c.shard.mu.Lock()
	defer c.shard.mu.Unlock()
	if c.quote.Seq != seq {
		return false
	}
	if c.armed == nil {
		c.armed = c.shard.takeFreeLocked()
	}
	c.armed = enlist(c.armed, a, seq)
	return true
}

func (sh *shard) takeFreeLocked() []*Arm {
	n := len(sh.free)
	if n == 0 {
		return nil
	}
	list := sh.free[n-1]
	sh.free = sh.free[:n-1]
	return list
}

// Disarm ends a registration, if it is one.
func (c *Cell) Disarm(a *Arm) {
	c.shard.mu.Lock()
	defer c.shard.mu.Unlock()
	c.armed = delist(c.armed, a)
}

func enlist(list []*Arm, a *Arm, seq uint64) []*Arm {
	if !listed(list, a) {
		a.place = len(list)
		list = append(list, a)
	}
	a.at = seq + 1
	return list
}

// delist fills the gap with the last of the list: no reader cares for its place.
func delist(list []*Arm, a *Arm) []*Arm {
	if !listed(list, a) {
		return list
	}
	last := len(list) - 1
	list[a.place] = list[last]
	list[a.place].place = a.place
	list[last] = nil
	a.at = 0
	return list[:last]
}

// listed reports whether a is in the list: its place may be one in a list that
// was taken away since.
func listed(list []*Arm, a *Arm) bool {
	return a.place < len(list) && list[a.place] == a
}
