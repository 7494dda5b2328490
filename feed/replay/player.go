package replay

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"ticker/feed"
	"ticker/feed/internal/pace"
	"ticker/market"
)

// player is one Run of a Source.
type player struct {
	source *Source
	to     feed.Sink
	pace   pace.Pace
	emit   func(*market.Update)

	// The line that is being played.
	at, recv int64

	played                    int // updates of this lap
	updates, skipped, refused int
}

func newPlayer(s *Source, to feed.Sink) *player {
	p := &player{source: s, to: to, pace: pace.Pace{Speed: s.config.Speed}}
	p.emit = p.update // once, as each method value is an allocation
	return p
}

// play plays one lap.
func (p *player) play(ctx context.Context) error {
	recordings, err := p.source.openAll()
	defer func() { closeAll(recordings) }() // those that are still open then
	if err != nil {
		return err
	}
	p.played = 0
	for len(recordings) > 0 {
		i := earliest(recordings)
		r := recordings[i]
		if err := p.pace.Wait(ctx, p.source.lap.moment(r.next.at)); err != nil {
			return err
		}
		p.line(r)
		if !p.source.advance(r) {
			recordings = slices.Delete(recordings, i, i+1)
		}
	}
	return nil
}

// line plays the next line of a recording.
func (p *player) line(r *recording) {
	switch r.next.kind {
	case message:
		p.at, p.recv = r.next.at, r.recv
		p.judge(r.parser.Parse(r.next.text, p.emit), r.next.text)
	case remark:
		p.judge(feed.ErrSkipped, r.next.text)
	case tooLong:
		p.judge(fmt.Errorf("%w: line of more than %d bytes", feed.ErrMalformed, maxLineBytes), r.next.text)
	}
}

// judge counts what came of a line.
func (p *player) judge(err error, text []byte) {
	switch {
	case err == nil:
	case errors.Is(err, feed.ErrSkipped):
		p.skipped++
		p.to.Alive()
	default:
		p.refused++
		p.to.Reject(err, text)
	}
}

// update hands on an update of the line that is being played.
func (p *player) update(u *market.Update) {
	u.Recv = 0
	if p.source.config.Clock == pace.AsRecorded {
		u.Recv = p.recv
	}
	p.source.lap.note(p.at, u)
	p.source.lap.move(u)
	p.played++
	p.updates++
	p.to.Update(u)
}
