package enginetest

import (
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"ticker/relay"
)

func snapshots(t *testing.T, k Kit) {
	server := k.Start(t)
	leader, follower := k.join(t, server.Addr()), k.join(t, server.Addr())
	if _, err := follower.Load(deadline(t), 1); !errors.Is(err, relay.ErrNothing) {
		t.Errorf("error %v of an engine that was given nothing, want ErrNothing", err)
	}
	for _, snapshot := range []string{"old", "new"} {
		must(t, leader.Keep(deadline(t), 1, []byte(snapshot)))
		if got, err := follower.Load(deadline(t), 1); err != nil || string(got) != snapshot {
			t.Errorf("loaded %q, want %q: %v", got, snapshot, err)
		}
	}
	if _, err := follower.Load(deadline(t), 2); !errors.Is(err, relay.ErrNothing) {
		t.Errorf("error %v of another partition, want ErrNothing", err)
	}
}

func snapshotsSurvive(t *testing.T, k Kit) {
	server := k.Start(t)
	n := k.join(t, server.Addr())
	for p := range 20 {
		must(t, n.Keep(deadline(t), p, []byte(strconv.Itoa(p))))
	}
	server.Kill(t)
	await(t, "the end of the connection", func() bool { return !n.Connected() })
	server.Restart(t)
	await(t, "a new connection", n.Connected)
	for p := range 20 {
		if got, err := n.Load(deadline(t), p); err != nil || string(got) != strconv.Itoa(p) {
			t.Errorf("partition %d is %q after a restart: %v", p, got, err)
		}
	}
}

func backlog(t *testing.T, k Kit) {
	server := k.Start(t)
	leader, follower := k.join(t, server.Addr()), k.join(t, server.Addr())
	b, ok := follower.Engine.(relay.Backlog)
	if !ok {
		return // an engine need not have one
	}
	tell := func(p int, after time.Time) string {
		var told []string
		must(t, b.Again(deadline(t), p, after, func(body []byte) { told = append(told, string(body)) }))
		return strings.Join(told, " ")
	}
	if got := tell(5, time.Time{}); got != "" {
		t.Errorf("told %q before anything was sent", got)
	}
	var first []string
	for i := range 200 {
		first = append(first, strconv.Itoa(i))
		leader.send(t, message(5, strconv.Itoa(i)), message(6, "other"), message(relay.Control, "tick"))
	}
	// What was sent is in the backlog a moment later.
	await(t, "the backlog", func() bool { return tell(5, time.Time{}) == strings.Join(first, " ") })
	middle := time.Now()
	leader.send(t, message(5, "newer"), message(5, "newest"))
	await(t, "the newer part of the backlog", func() bool { return tell(5, middle) == "newer newest" })
	if got := tell(7, time.Time{}); got != "" {
		t.Errorf("told %q of a partition that had nothing", got)
	}
}
