package main

import (
	"fmt"
	"strings"
)

// What windows of few rows leave out.
const (
	rowsForHints  = 8
	rowsForLedger = 6
)

// picture returns the lines of a window, exactly as many as it has rows.
func (b *board) picture(s *scene) []string {
	room := s.rows - len(b.foot(s)) // which has as many lines wherever the table is
	var body [][]span
	if b.helping {
		body = help()
	} else {
		body = b.table(s, room)
	}
	lines := make([]string, 0, s.rows)
	for _, spans := range body[:min(len(body), room)] {
		lines = append(lines, paint(spans, s.columns, s.ink))
	}
	for len(lines) < room {
		lines = append(lines, "")
	}
	for _, spans := range b.foot(s) {
		lines = append(lines, paint(spans, s.columns, s.ink))
	}
	return lines
}

// table returns the titles and as many lines as there is room for, and remembers
// where that is.
func (b *board) table(s *scene, room int) [][]span {
	b.arrange(s.now)
	b.page = max(room-1, 1)
	b.top = max(min(b.top, len(b.lines)-b.page), 0)
	shown := b.lines[b.top:min(b.top+b.page, len(b.lines))]
	opens, starts := b.bases()
	rows := make([][numColumns]span, len(shown))
	for i := range shown {
		rows[i] = s.cells(&shown[i], opens && starts)
		b.widen(&rows[i])
	}
	titles := b.titles(starts && !opens)
	b.widen(&titles)
	fitted := b.fitted(s.columns)
	table := [][]span{fitted.arrange(&titles)}
	for i := range rows {
		table = append(table, fitted.arrange(&rows[i]))
	}
	if len(b.lines) == 0 && b.filter != "" {
		table = append(table, []span{{text: "no symbol begins with " + b.filter}})
	}
	return table
}

// bases tells which prices changes count from: those of the open, those that were
// seen first, or both.
func (b *board) bases() (opens, starts bool) {
	for _, r := range b.listed {
		_, open, known := r.base()
		opens = opens || open
		starts = starts || known && !open
	}
	return opens, starts
}

// titles returns the titles of the columns. That of a column that is empty as a
// rule waits until it is not.
func (b *board) titles(sinceStart bool) (titles [numColumns]span) {
	for c, name := range columnNames {
		switch {
		case c == reasonColumn && b.widths[c] == 0:
			name = ""
		case c == changeColumn && sinceStart:
			name = startTitle
		}
		switch {
		case c != b.order:
		case b.falling():
			name += "▼"
		default:
			name += "▲"
		}
		titles[c] = span{name, bold}
	}
	return titles
}

// foot returns the lines at the bottom: the connection always, what else there
// is room for.
func (b *board) foot(s *scene) [][]span {
	foot := [][]span{b.stateLine(s)}
	if !b.noLedger && s.rows >= rowsForLedger {
		foot = append(foot, ledgerLine(s))
	}
	switch {
	case b.typing && s.rows > 1:
		foot = append(foot, []span{{"filter: " + b.filter + "_", bold}, {columnGap + "Enter keeps it, Esc clears it", dim}})
	case s.rows >= rowsForHints:
		foot = append(foot, []span{{hints(s), dim}})
	}
	return foot[:min(len(foot), s.rows)]
}

// stateLine tells how far the table can be believed, and what is not as usual,
// before what is.
func (b *board) stateLine(s *scene) []span {
	state, reason := s.link.words(s.now)
	spans := []span{state, reason}
	tell := func(text string, look style) {
		spans = append(spans, span{text: columnGap}, span{text, look})
	}
	if !b.paused.IsZero() {
		tell("paused for "+age(s.now.Sub(b.paused)), doubtful)
	}
	if b.filter != "" && !b.typing {
		tell("filter: "+b.filter, doubtful)
	}
	tell(b.position(), normal)
	tell(count(s.perSecond)+" records/s", normal)
	tell(count(s.conflated)+" conflated", normal)
	tell(s.url, dim)
	return spans
}

// position tells how many symbols there are, and which of them are in view.
func (b *board) position() string {
	all := count(uint64(len(b.lines))) + " symbols"
	if len(b.lines) == 1 {
		all = "1 symbol"
	}
	if len(b.lines) <= b.page {
		return all
	}
	return fmt.Sprintf("%d-%d of %s", b.top+1, min(b.top+b.page, len(b.lines)), all)
}

// ledgerLine tells what became of every update of this session, with as many
// words as there is room for.
func ledgerLine(s *scene) []span {
	if s.ledger == nil {
		return []span{{"ledger: not known yet", dim}}
	}
	l := s.ledger
	ages := columnGap + "age p50 " + brief(l.Age.P50) + ", p99 " + brief(l.Age.P99)
	long := fmt.Sprintf("%s produced = %s delivered + %s conflated + %s pending",
		count(l.Produced), count(l.Delivered), count(l.Conflated), count(l.Pending))
	short := fmt.Sprintf("%s = %s + %s + %s",
		count(l.Produced), count(l.Delivered), count(l.Conflated), count(l.Pending))
	for _, text := range []string{long + ages, long, short + ages} {
		if len(text) <= s.columns {
			return []span{{text: text}}
		}
	}
	return []span{{text: short}}
}

func hints(s *scene) string {
	if !s.keyboard {
		return "Ctrl-C quits"
	}
	return "q quit  s sort  r reverse  / filter  p pause  l ledger  ? help"
}

// help explains the keys and the marks.
func help() [][]span {
	lines := strings.Split(helpText, "\n")
	spans := make([][]span, len(lines))
	for i, text := range lines {
		spans[i] = []span{{text: text}}
	}
	spans[0][0].style = bold
	return spans
}

const helpText = `Keys (any key goes back)
  q Ctrl-C     quit
  s S          sort by the next column, by the one before
  r            turn the order around
  /            show only names that begin with ...
  p            pause: values stand still, ages and states go on
  l            show or hide the ledger
  arrows j k   scroll; also PgUp, PgDn, Home, End
  Ctrl-L       draw everything anew
  Ctrl-Z       back to the shell, until fg

Marks before a symbol
  ~ stale   x halted or refused   ? cannot be known now   … no quote yet

*+0.10: since the first price seen here, as the session's open is not known
produced = delivered + conflated + pending: the service's account of this
session; age is from acceptance to sending`
