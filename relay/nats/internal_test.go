package nats

import (
	"strconv"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/prometheus/client_golang/prometheus"

	"ticker/internal/natsconn"
	"ticker/internal/natstest"
	"ticker/relay"
)

func TestSubjectsAreThoseOfTheirChannels(t *testing.T) {
	t.Parallel()
	n := newNames("p")
	for channel, subject := range n.channels {
		if got, ok := n.channelOf(subject); !ok || got != channel {
			t.Errorf("%q is of channel %d, %v, want %d", subject, got, ok, channel)
		}
	}
	for p := range relay.Partitions {
		if got, ok := n.wantedBy("p.want." + strconv.Itoa(p)); !ok || got != p {
			t.Errorf("a want of partition %d is read as %d, %v", p, got, ok)
		}
	}
	if got := n.batches() + " " + n.snapshots() + " " + n.wants(); got != "p.b.* p.kept.* p.want.*" {
		t.Errorf("wildcards %s", got)
	}
}

func TestWhatTheLibraryDropsIsCounted(t *testing.T) {
	t.Parallel()
	reg := prometheus.NewRegistry()
	e, err := New(Config{
		Access:  natsconn.Access{URLs: []string{natstest.Start(t, natstest.Options{}).URL()}},
		Metrics: NewMetrics(reg),
	})
	if err != nil {
		t.Fatal(err)
	}
	conn, err := e.cfg.Connect(t.Context(), e.cfg.Logger)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	c := newConnection(conn, nil)
	c.messages = make(chan *nats.Msg, 4)
	if err := c.hear(e, 5, true); err != nil {
		t.Fatal(err)
	}
	publish := func(n int) {
		for range n {
			if err := conn.Publish(e.names.channels[5], nil); err != nil {
				t.Fatal(err)
			}
		}
		// What was published comes back before the answer.
		if err := natsconn.Confirm(t.Context(), conn); err != nil {
			t.Fatal(err)
		}
	}
	publish(10)
	if got := c.count(); got != 6 {
		t.Errorf("%d messages are counted, want 6: 4 of 10 found a place", got)
	}
	publish(3)
	if got := c.count(); got != 3 {
		t.Errorf("%d more messages are counted, want 3", got)
	}
	publish(1)
	if err := c.hear(e, 5, false); err != nil {
		t.Fatal(err)
	}
	if got := c.count(); got != 0 {
		t.Errorf("%d messages are counted of what is not heard", got)
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == "ticker_relay_engine_dropped_messages_total" && f.GetMetric()[0].GetCounter().GetValue() != 1 {
			t.Errorf("the message that was dropped before the end is not counted: %v", f)
		}
	}
}

func FuzzPartitionOfAWant(f *testing.F) {
	n := newNames("p")
	for _, subject := range []string{"p.want.0", "5", "p.want.255", "p.want.256", "p.want.-1", "p.want.", "p.want", "p.want.1.2", "q.want.1", ""} {
		f.Add(subject)
	}
	f.Fuzz(func(t *testing.T, subject string) {
		p, ok := n.wantedBy(subject)
		if ok && (p < 0 || p >= relay.Partitions || !strings.HasPrefix(subject, "p.want.")) {
			t.Errorf("%q is read as partition %d", subject, p)
		}
	})
}

func FuzzClaim(f *testing.F) {
	for _, text := range []string{"1 a", "18446744073709551615 a b", "18446744073709551616 a", "-1 a", "1", "", " ", "+1 a", "01 a", "1 \x00"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := parseClaim(text)
		if err != nil {
			if len(err.Error()) > 400 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		if again, err := parseClaim(c.encode()); err != nil || again != c {
			t.Errorf("%+v is read again as %+v: %v", c, again, err)
		}
	})
}
