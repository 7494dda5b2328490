package kafkatest

import (
	"bytes"
	"context"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"
)

// Topic is the topic that every broker has.
const Topic = "quotes"

// patience bounds every wait. Only failures wait it out.
const patience = time.Minute

// Broker is a cluster of one.
type Broker struct {
	*kfake.Cluster
	addr string
	opts []kfake.Opt
	gate gate
}

// Start starts a broker whose Topic has so many partitions, and ends it with the
// test.
func Start(tb testing.TB, partitions int32, opts ...kfake.Opt) *Broker {
	tb.Helper()
	b := &Broker{}
	b.opts = append([]kfake.Opt{
		kfake.NumBrokers(1), kfake.SeedTopics(partitions, Topic), kfake.DataDir(tb.TempDir()), kfake.ListenFn(b.gate.listen),
	}, opts...)
	b.up(tb)
	b.addr = b.ListenAddrs()[0]
	_, text, err := net.SplitHostPort(b.addr)
	must(tb, err)
	port, err := strconv.Atoi(text)
	must(tb, err)
	b.opts = append(b.opts, kfake.Ports(port))
	tb.Cleanup(func() {
		b.gate.open()
		b.Close()
	})
	return b
}

func (b *Broker) up(tb testing.TB) {
	tb.Helper()
	cluster, err := kfake.NewCluster(b.opts...)
	must(tb, err)
	b.Cluster = cluster
}

// Addr returns the broker's host and port, which stay the same.
func (b *Broker) Addr() string { return b.addr }

// Stop ends the broker at once. Its data are kept.
func (b *Broker) Stop() { b.Close() }

// Restart starts the broker again on the same port and data, after Stop.
func (b *Broker) Restart(tb testing.TB) {
	tb.Helper()
	b.up(tb)
}

// Pause makes the broker stand still, with its connections open, until Resume.
func (b *Broker) Pause() { b.gate.shut() }

// Resume lets the broker go on after Pause.
func (b *Broker) Resume() { b.gate.open() }

// Client makes a client for the test itself, and ends it with the test.
func (b *Broker) Client(tb testing.TB, opts ...kgo.Opt) *kgo.Client {
	tb.Helper()
	client, err := kgo.NewClient(append([]kgo.Opt{kgo.SeedBrokers(b.Addr())}, opts...)...)
	must(tb, err)
	tb.Cleanup(client.Close)
	return client
}

// Produce writes records to Topic with kcat. Each is a key, a colon, and a value.
func (b *Broker) Produce(tb testing.TB, records ...string) {
	tb.Helper()
	b.Kcat(tb, strings.Join(records, "\n")+"\n", "-P", "-t", Topic, "-K", ":")
}

// Consume reads all records of Topic with kcat, in the order of their partitions.
// Each is a key, a colon, and a value.
func (b *Broker) Consume(tb testing.TB) []string {
	tb.Helper()
	text := b.Kcat(tb, "", "-C", "-t", Topic, "-K", ":", "-o", "beginning", "-e", "-q")
	return strings.FieldsFunc(text, func(r rune) bool { return r == '\n' })
}

// Kcat runs kcat with this standard input and returns its output.
func (b *Broker) Kcat(tb testing.TB, in string, args ...string) string {
	tb.Helper()
	path, err := exec.LookPath("kcat")
	if err != nil {
		tb.Fatal("these tests need kcat, which is not in the path: install the Debian package kcat")
	}
	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	cmd := exec.CommandContext(ctx, path, append([]string{"-b", b.Addr()}, args...)...)
	cmd.Stdin = strings.NewReader(in)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil {
		tb.Fatalf("kcat: %v\n%s", err, errs.String())
	}
	return out.String()
}

func must(tb testing.TB, err error) {
	tb.Helper()
	if err != nil {
		tb.Fatal(err)
	}
}
