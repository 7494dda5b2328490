package redis

import (
	"strconv"
	"strings"
	"testing"

	"ticker/relay"
)

func TestNamesAreThoseOfTheirChannels(t *testing.T) {
	t.Parallel()
	n := newNames("p")
	for channel, name := range n.channels {
		if got, ok := n.channelOf(name); !ok || got != channel {
			t.Errorf("%q is of channel %d, %v, want %d", name, got, ok, channel)
		}
	}
	for p := range relay.Partitions {
		if got, ok := n.wantedBy("p:want:" + strconv.Itoa(p)); !ok || got != p {
			t.Errorf("a want of partition %d is read as %d, %v", p, got, ok)
		}
	}
}

func FuzzPartitionOfAWant(f *testing.F) {
	n := newNames("p")
	for _, name := range []string{"p:want:0", "5", "p:want:255", "p:want:256", "p:want:-1", "p:want:", "p:want", "p:want:1:2", "q:want:1", ""} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		p, ok := n.wantedBy(name)
		if ok && (p < 0 || p >= relay.Partitions || !strings.HasPrefix(name, "p:want:")) {
			t.Errorf("%q is read as partition %d", name, p)
		}
	})
}
