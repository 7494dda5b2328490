package enginetest

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ticker/relay"
)

func inOrder(t *testing.T, k Kit) {
	server := k.Start(t)
	leader, follower := k.join(t, server.Addr()), k.join(t, server.Addr())
	ear := follower.listen(t, nil)
	for p := range relay.Partitions {
		must(t, follower.Follow(deadline(t), p))
	}
	var want []string
	for round := range 10 {
		var messages []relay.Message
		for p := range relay.Partitions {
			messages = append(messages, message((p*7)%relay.Partitions, strconv.Itoa(round)))
		}
		messages = append(messages, message(relay.Control, strconv.Itoa(round)))
		for _, m := range messages {
			want = append(want, text(m))
		}
		leader.send(t, messages...)
	}
	end := message(marker, "end")
	leader.send(t, end)
	if diff := cmp.Diff(want, ear.until(t, end)); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func nothingFromBefore(t *testing.T, k Kit) {
	server := k.Start(t)
	leader, follower := k.join(t, server.Addr()), k.join(t, server.Addr())
	ear := follower.listen(t, nil)
	for round := range 20 {
		p := round
		leader.send(t, message(p, "before"))
		must(t, follower.Follow(deadline(t), p))
		leader.send(t, message(p, "after"))
	}
	end := message(marker, "end")
	leader.send(t, end)
	var want []string
	for p := range 20 {
		want = append(want, text(message(p, "after")))
	}
	if diff := cmp.Diff(want, ear.until(t, end)); diff != "" {
		t.Errorf("messages (-want +got):\n%s", diff)
	}
}

func ticks(t *testing.T, k Kit) {
	server := k.Start(t)
	leader, follower := k.join(t, server.Addr()), k.join(t, server.Addr())
	ear := follower.listen(t, nil)
	end := message(marker, "end")
	leader.send(t, message(0, "not followed"), message(relay.Control, "tick"), end)
	if got := ear.until(t, end); !slices.Equal(got, []string{"256 tick"}) {
		t.Errorf("heard %q, want the tick alone", got)
	}
}

func unfollow(t *testing.T, k Kit) {
	server := k.Start(t)
	leader, follower := k.join(t, server.Addr()), k.join(t, server.Addr())
	ear := follower.listen(t, nil)
	must(t, follower.Follow(deadline(t), 7))
	first := message(7, "first")
	leader.send(t, first)
	ear.until(t, first)
	follower.Unfollow(7)
	try := 0
	await(t, "the end of a partition", func() bool {
		try++
		again, end := message(7, strconv.Itoa(try)), message(marker, strconv.Itoa(try))
		leader.send(t, again, end)
		return !slices.Contains(ear.until(t, end), text(again))
	})
	must(t, follower.Follow(deadline(t), 7))
	last := message(7, "last")
	leader.send(t, last)
	ear.until(t, last)
}

func followBeforeReceive(t *testing.T, k Kit) {
	server := k.Start(t)
	leader, follower := k.join(t, server.Addr()), k.join(t, server.Addr())
	if err := follower.Follow(deadline(t), 3); err == nil {
		t.Error("a partition is followed though nobody receives")
	}
	ear := follower.listen(t, nil)
	m := message(3, "heard")
	leader.send(t, m)
	ear.until(t, m)
}

func oneReceiver(t *testing.T, k Kit) {
	server := k.Start(t)
	n := k.join(t, server.Addr())
	n.listen(t, nil)
	if err := n.Receive(t.Context(), func(relay.Message) {}); err == nil {
		t.Error("a second receiver ended without an error")
	}
}

func largest(t *testing.T, k Kit) {
	server := k.Start(t)
	leader, follower := k.join(t, server.Addr()), k.join(t, server.Addr())
	ear := follower.listen(t, nil)
	large := relay.Message{Channel: marker, Body: bytes.Repeat([]byte("x"), relay.MaxMessage)}
	leader.send(t, large, large, message(marker, "end"))
	if got := ear.until(t, message(marker, "end")); len(got) != 2 || got[0] != text(large) {
		t.Errorf("heard %q, want two of %d bytes", got, relay.MaxMessage)
	}
	must(t, leader.Keep(deadline(t), 1, large.Body))
	if got, err := follower.Load(deadline(t), 1); err != nil || !bytes.Equal(got, large.Body) {
		t.Errorf("loaded %d bytes, want %d: %v", len(got), relay.MaxMessage, err)
	}
}

func tooLarge(t *testing.T, k Kit) {
	server := k.Start(t)
	leader, follower := k.join(t, server.Addr()), k.join(t, server.Addr())
	ear := follower.listen(t, nil)
	err := leader.Send(deadline(t), []relay.Message{
		message(marker, "with it"), {Channel: marker, Body: make([]byte, relay.MaxMessage+1)},
	})
	if err == nil || !strings.Contains(err.Error(), strconv.Itoa(relay.MaxMessage)) {
		t.Errorf("error %v, want one that names the limit", err)
	}
	end := message(marker, "end")
	leader.send(t, end)
	if got := ear.until(t, end); len(got) > 0 {
		t.Errorf("heard %q with what was refused", got)
	}
}

// slow sends more than a receiver that stands still has room for.
func slow(t *testing.T, k Kit) {
	const messages = 20_000
	server := k.Start(t)
	leader, follower := k.join(t, server.Addr()), k.join(t, server.Addr())
	release := make(chan struct{})
	ear := follower.listen(t, release)
	for first := 0; first < messages; first += 200 {
		var round []relay.Message
		for i := first; i < first+200; i++ {
			round = append(round, message(marker, fmt.Sprintf("%06d", i)))
		}
		leader.send(t, round...)
	}
	await(t, "a count of what was dropped", func() bool { return follower.dropped(t) > 0 })
	close(release)
	end := 0
	await(t, "messages after the gap", func() bool {
		end++
		leader.send(t, message(marker, "end "+strconv.Itoa(end)))
		return slices.Contains(ear.all(), text(message(marker, "end "+strconv.Itoa(end))))
	})
	heard := slices.DeleteFunc(ear.all(), func(s string) bool { return strings.Contains(s, "end") })
	if !slices.IsSorted(heard) || len(slices.Compact(slices.Clone(heard))) != len(heard) {
		t.Error("what was not dropped came out of order, or twice")
	}
	await(t, "an account of every message", func() bool { return len(heard)+follower.dropped(t) >= messages })
}

// dropped returns how many messages the engine counted as dropped.
func (n *node) dropped(t *testing.T) int {
	t.Helper()
	families, err := n.registry.Gather()
	must(t, err)
	for _, f := range families {
		if f.GetName() == "ticker_relay_engine_dropped_messages_total" {
			return int(f.GetMetric()[0].GetCounter().GetValue())
		}
	}
	t.Fatal("nothing counts what is dropped")
	return 0
}

func wants(t *testing.T, k Kit) {
	server := k.Start(t)
	leader, follower := k.join(t, server.Addr()), k.join(t, server.Addr())
	wanted := leader.Wanted()
	await(t, "a want", func() bool {
		must(t, follower.Want(deadline(t), 17))
		select {
		case p := <-wanted:
			if p != 17 {
				t.Errorf("partition %d is wanted, not 17", p)
			}
			return true
		default:
			return false
		}
	})
}
