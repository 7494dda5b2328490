package redis

import (
	"strconv"
	"strings"

	"ticker/relay"
)

// names are the names that an engine uses, all with its prefix.
type names struct {
	channels    [relay.Control + 1]string
	batch, want string // begin the names of channels

	kept, lease, term string // keys
}

func newNames(prefix string) *names {
	n := &names{
		batch: prefix + ":b:", want: prefix + ":want:",
		kept: prefix + ":kept", lease: prefix + ":lease", term: prefix + ":term",
	}
	for p := range relay.Partitions {
		n.channels[p] = n.batch + strconv.Itoa(p)
	}
	n.channels[relay.Control] = prefix + ":tick"
	return n
}

// wants is the pattern of the channels of wants.
func (n *names) wants() string { return n.want + "*" }

// channelOf returns the channel of messages that a name is of.
func (n *names) channelOf(name string) (channel int, ok bool) {
	if name == n.channels[relay.Control] {
		return relay.Control, true
	}
	return partitionOf(name, n.batch)
}

// wantedBy returns the partition that the channel of a want names.
func (n *names) wantedBy(name string) (partition int, ok bool) {
	return partitionOf(name, n.want)
}

func partitionOf(name, prefix string) (partition int, ok bool) {
	word, ok := strings.CutPrefix(name, prefix)
	number, err := strconv.ParseUint(word, 10, 8)
	return int(number), ok && err == nil
}
