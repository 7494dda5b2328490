package wire

import "time"

// Expiring is the event that announces the end of the session's credential. An auth
// command with a fresh one keeps the session.
type Expiring struct {
	// In is how long the credential is good for.
	In time.Duration
}

func (e *Expiring) write(o *object) {
	o.system(eventExpiring)
	o.duration("in", e.In)
}

func (e *Expiring) read(d *decoder, key []byte) {
	if string(key) == "in" {
		e.In = d.duration()
	} else {
		d.Skip()
	}
}

// Expired is the last event of a session whose credential has expired, where no close
// code can say so.
type Expired struct{}

func (*Expired) write(o *object) { o.system(eventExpired) }

func (*Expired) read(d *decoder, _ []byte) { d.Skip() }

// Removed is the event that tells of entries that a session lost.
type Removed struct {
	// Symbols are names and patterns as they were subscribed.
	Symbols []string
	// Code is why: CodeForbidden if the credential does not cover them any more.
	Code Code
}

func (r *Removed) write(o *object) {
	o.system(eventRemoved)
	o.texts("symbols", r.Symbols)
	o.text("code", string(r.Code))
}

func (r *Removed) read(d *decoder, key []byte) {
	switch string(key) {
	case "symbols":
		r.Symbols = d.texts()
	case "code":
		r.Code = Code(d.text())
	default:
		d.Skip()
	}
}
