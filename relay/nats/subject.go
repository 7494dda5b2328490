package nats

import (
	"strconv"
	"strings"

	"ticker/relay"
)

// names are the names that an engine uses, all with its prefix.
type names struct {
	channels [relay.Control + 1]string // subjects of messages
	kept     [relay.Partitions]string  // subjects of snapshots
	want     string                    // begins the subjects of wants

	keptStream, backlogStream, leaseBucket, termBucket string
}

func newNames(prefix string) *names {
	n := &names{
		want:       prefix + ".want.",
		keptStream: prefix + "_kept", backlogStream: prefix + "_backlog",
		leaseBucket: prefix + "_lease", termBucket: prefix + "_term",
	}
	for p := range relay.Partitions {
		n.channels[p] = prefix + ".b." + strconv.Itoa(p)
		n.kept[p] = prefix + ".kept." + strconv.Itoa(p)
	}
	n.channels[relay.Control] = prefix + ".tick"
	return n
}

// batches, snapshots and wants match the subjects of all partitions.
func (n *names) batches() string   { return anyOf(n.channels[0]) }
func (n *names) snapshots() string { return anyOf(n.kept[0]) }
func (n *names) wants() string     { return n.want + "*" }

// anyOf puts a wildcard in place of the 0 that a subject ends in.
func anyOf(subject string) string { return strings.TrimSuffix(subject, "0") + "*" }

// channelOf returns the channel that a subject of messages is of.
func (n *names) channelOf(subject string) (channel int, ok bool) {
	if subject == n.channels[relay.Control] {
		return relay.Control, true
	}
	return partitionOf(subject, strings.TrimSuffix(n.channels[0], "0"))
}

// wantedBy returns the partition that a subject of wants names.
func (n *names) wantedBy(subject string) (partition int, ok bool) {
	return partitionOf(subject, n.want)
}

func partitionOf(subject, prefix string) (partition int, ok bool) {
	word, ok := strings.CutPrefix(subject, prefix)
	number, err := strconv.ParseUint(word, 10, 8)
	return int(number), ok && err == nil
}
