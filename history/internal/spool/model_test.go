package spool

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// model is a spool as two slices: what was done since the last loss, and what
// was not.
type model struct {
	done, queue []string
	lost        uint64
	next        int
	clock       *clock
	came        map[string]time.Time
	disk        disk
}

const modelAge = 5 * time.Hour

// options are those of a Spool on the clock of the model.
func (m *model) options() Options {
	o := small()
	o.MaxAge, o.Now = modelAge, m.clock.now
	return o
}

// check is what always holds.
func (m *model) check(t *rapid.T, s *Spool) {
	stats, count := s.Stats(), 0
	for _, p := range m.queue {
		count += len(p)
	}
	if stats.Tail-stats.Head != uint64(len(m.queue)) || stats.Count != uint64(count) || stats.LostRecords != m.lost {
		t.Fatalf("the spool says %+v, the model has %d records of %d, %d lost", stats, len(m.queue), count, m.lost)
	}
	if stats.Bytes > s.maxBytes {
		t.Fatalf("the spool holds %d bytes", stats.Bytes)
	}
	r, ok, err := s.Peek()
	if err != nil || ok != (len(m.queue) > 0) || ok && string(r.Payload) != m.queue[0] {
		t.Fatalf("Peek() = %q, %t, %v, the model has %q", r.Payload, ok, err, m.queue)
	}
}

func (m *model) append(t *rapid.T, s *Spool) {
	payload := fmt.Sprint(m.next, strings.Repeat("x", rapid.IntRange(0, 150).Draw(t, "size")))
	m.next++
	m.came[payload] = m.clock.at
	before, ends := s.Stats(), endsOf(s)
	if _, err := s.Append([]byte(payload), uint32(len(payload))); err == nil {
		m.queue = append(m.queue, payload)
	} else if !m.disk.full && !m.disk.noCreate && !m.disk.noSync {
		t.Fatalf("on a disk that works Append = %v", err)
	}
	if lost := s.Stats().LostRecords - m.lost; lost > 0 {
		full := before.Bytes+headerBytes+int64(len(magic)+len(payload)) > s.maxBytes
		if young := m.clock.at.Sub(m.came[m.queue[lost-1]]) <= modelAge; young && !full {
			t.Fatalf("%d records were dropped at %d bytes, the last of them %s old", lost, before.Bytes, m.clock.at.Sub(m.came[m.queue[lost-1]]))
		}
		if !slices.Contains(ends, int(lost)) {
			t.Fatalf("%d records were dropped, segments end after %v", lost, ends)
		}
		m.queue, m.done = m.queue[lost:], nil
		m.lost += lost
	}
}

// endsOf counts the records up to the end of each segment.
func endsOf(s *Spool) (ends []int) {
	records := 0
	for _, g := range s.segments {
		records += g.records
		ends = append(ends, records)
	}
	return ends
}

func (m *model) finish(t *rapid.T, s *Spool) {
	head := s.Stats().Head
	for _, wrong := range []uint64{head + 1, head - 1} {
		if done, err := s.Done(wrong); done || err != nil {
			t.Fatalf("Done(%d) = %t, %v at %d", wrong, done, err, head)
		}
	}
	done, err := s.Done(head)
	if err != nil || done != (len(m.queue) > 0) {
		t.Fatalf("Done(%d) = %t, %v", head, done, err)
	}
	if done {
		m.done, m.queue = append(m.done, m.queue[0]), m.queue[1:]
	}
}

// crash ends the process without a word, cuts the newest file at any byte if
// torn, and begins anew.
func (m *model) crash(t *rapid.T, s *Spool, torn bool) *Spool {
	if n := len(s.segments); n > 0 && torn {
		m.tear(t, s.segments[n-1])
	}
	again := m.disk.on(mustOpen(t, s.dir, m.options()))
	stats := again.Stats()
	extra := int(stats.Tail-stats.Head) - len(m.queue)
	if extra < 0 || extra > len(m.done) {
		t.Fatalf("%d records came back, %d were to be there and %d may", stats.Tail, len(m.queue), len(m.done))
	}
	bytes := 0
	for _, p := range m.done[len(m.done)-extra:] {
		bytes += headerBytes + len(p)
	}
	if most := int(s.segmentBytes) + 2*(headerBytes+160); bytes > most {
		t.Fatalf("%d bytes of done records came back, more than a segment", bytes)
	}
	m.queue = append(append([]string(nil), m.done[len(m.done)-extra:]...), m.queue...)
	m.done, m.lost = nil, 0
	return again
}

// tear cuts the newest segment, and the model by what was in it.
func (m *model) tear(t *rapid.T, g *segment) {
	data, err := os.ReadFile(g.path)
	if err != nil {
		t.Fatal(err)
	}
	cut := rapid.IntRange(0, len(data)).Draw(t, "cut")
	if err := errors.Join(os.WriteFile(g.path, data[:cut], 0o600), os.Chtimes(g.path, g.written, g.written)); err != nil {
		t.Fatal(err)
	}
	gone := 0
	for at := len(magic); at < int(g.size); { // behind it is what an earlier cut left
		h, err := parseHeader(data[at:])
		if err != nil {
			t.Fatal(err)
		}
		if at += int(h.frameBytes()); at > cut {
			gone++
		}
	}
	queued := min(gone, len(m.queue))
	m.queue = m.queue[:len(m.queue)-queued]
	m.done = m.done[:len(m.done)-min(gone-queued, len(m.done))]
}

func TestSpoolIsASliceThatSurvivesKillsAtAnyByte(t *testing.T) {
	t.Parallel()
	root, runs := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		runs++
		m := &model{clock: &clock{time.Now()}, came: make(map[string]time.Time)}
		m.disk.clock = m.clock
		s := m.disk.on(mustOpen(t, filepath.Join(root, strconv.Itoa(runs)), m.options()))
		defer func() { _ = s.Close() }()
		restart := func(t *rapid.T, torn bool) {
			old := s
			s = m.crash(t, old, torn)
			for _, g := range old.segments { // what the end of a process does
				_ = g.close()
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"":        func(t *rapid.T) { m.check(t, s) },
			"append":  func(t *rapid.T) { m.append(t, s) },
			"append2": func(t *rapid.T) { m.append(t, s) },
			"done":    func(t *rapid.T) { m.finish(t, s) },
			"sync": func(t *rapid.T) {
				if err := s.Sync(); err != nil && !m.disk.noSync {
					t.Fatal(err)
				}
			},
			"trouble": func(t *rapid.T) {
				m.disk = disk{
					clock: m.clock,
					full:  rapid.Bool().Draw(t, "full"), room: rapid.Int64Range(0, 300).Draw(t, "room"),
					noSync: rapid.Bool().Draw(t, "no sync"), noCreate: rapid.Bool().Draw(t, "no create"),
				}
			},
			"no trouble": func(*rapid.T) { m.disk = disk{clock: m.clock} },
			"time passes": func(t *rapid.T) {
				m.clock.pass(rapid.SampledFrom([]time.Duration{time.Minute, modelAge / 2, modelAge, modelAge + 1}).Draw(t, "time"))
			},
			"kill":      func(t *rapid.T) { restart(t, false) },
			"torn kill": func(t *rapid.T) { restart(t, true) },
		})
	})
}
