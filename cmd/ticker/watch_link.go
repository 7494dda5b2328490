package main

import (
	"fmt"
	"time"

	"ticker/client"
)

// lateTime is how long the service may say nothing. It is asked for the ledger
// every accountTime, so that a silence of several of them is one.
const lateTime = 5 * time.Second

// link judges the connection: may what is shown be believed? It is told what
// was observed, and knows no clock.
type link struct {
	state   client.State
	since   time.Time // of the state
	lost    error     // why there is no connection, until there is one again
	granted bool      // the subscription, on this connection
	heard   time.Time // the service, the last time
}

// trust is how far what is shown can be believed.
type trust uint8

const (
	connecting  trust = iota
	subscribing       // connected; what is shown is of the connection before
	trusted
	late    // the connection stands, and nothing comes
	offline // no connection
)

// change takes a new state of the connection.
func (l *link) change(s client.State, now time.Time) {
	l.state, l.since = s, now
	l.granted = false
	if s.Phase == client.Waiting {
		l.lost = s.Err
	}
	l.hear(now)
}

func (l *link) grant(now time.Time) {
	l.granted, l.lost = true, nil
	l.hear(now)
}

func (l *link) hear(now time.Time) { l.heard = now }

// trust returns how far what is shown can be believed.
func (l *link) trust(now time.Time) trust {
	switch l.state.Phase {
	case client.Connecting:
		return connecting
	case client.Waiting, client.Ended:
		return offline
	case client.Online:
	}
	switch {
	case !l.granted:
		return subscribing
	case now.Sub(l.heard) >= lateTime:
		return late
	}
	return trusted
}

// words tell about the connection, in two parts: what to know first, and why.
func (l *link) words(now time.Time) (state, reason span) {
	reason = span{text: l.reason()}
	switch l.trust(now) {
	case trusted:
		return span{"Live", up}, span{}
	case late:
		return span{"No answer for " + age(now.Sub(l.heard)), doubtful}, span{}
	case subscribing:
		return span{"Subscribing", doubtful}, span{}
	case offline:
		left := max(l.state.Delay-now.Sub(l.since), 0)
		seconds := (left + time.Second - 1) / time.Second
		return span{fmt.Sprintf("Disconnected, next try in %ds", seconds), bad}, reason
	case connecting:
	}
	return span{"Connecting", doubtful}, reason
}

// reason tells why there is no connection, if there was one or should be one.
func (l *link) reason() string {
	if l.lost == nil {
		return ""
	}
	return ": " + narrow(l.lost.Error())
}

// rowWord is what a row says while it cannot be believed; empty while it can.
func (t trust) rowWord() string {
	switch t {
	case trusted:
		return ""
	case late:
		return "late"
	case offline:
		return "offline"
	case connecting, subscribing:
	}
	return "waiting"
}
