package main

import (
	"errors"
	"testing"
	"time"

	"ticker/client"
)

// lossOf returns the state after a loss for a reason, or without one that of a
// connection that stands.
func lossOf(reason string) client.State {
	if reason == "" {
		return client.State{Phase: client.Online}
	}
	return client.State{Phase: client.Waiting, Err: errors.New(reason), Delay: 4 * time.Second}
}

func TestConnectionIsTrustedOnlyWhileItSpeaks(t *testing.T) {
	t.Parallel()
	var l link
	now := sceneTime()
	after := func(d time.Duration) { now = now.Add(d) }
	tells := func(words, row string) {
		t.Helper()
		state, reason := l.words(now)
		expect(t, "words", state.text+reason.text, words)
		expect(t, "word of a row", l.trust(now).rowWord(), row)
	}
	tells("Connecting", "waiting")
	l.change(lossOf("refused\n\x1b[2J"), now)
	tells("Disconnected, next try in 4s: refused[2J", "offline")
	after(1500 * time.Millisecond)
	tells("Disconnected, next try in 3s: refused[2J", "offline")
	after(time.Hour)
	tells("Disconnected, next try in 0s: refused[2J", "offline")
	l.change(client.State{Phase: client.Connecting}, now)
	tells("Connecting: refused[2J", "waiting")
	l.change(lossOf(""), now)
	tells("Subscribing", "waiting")
	l.grant(now)
	tells("Live", "")
	after(lateTime - 1)
	tells("Live", "")
	after(1)
	tells("No answer for 5s", "late")
	l.hear(now)
	tells("Live", "")
	l.change(client.State{Phase: client.Connecting}, now)
	l.change(lossOf(""), now)
	tells("Subscribing", "waiting")
}
