package rabbitmq

import (
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"ticker/feed/internal/queuetest"
)

// FuzzDeliveries delivers a message of any properties and content, and on the next
// connection another, as one that comes again. Each is acknowledged or refused, once,
// by what was in it; only what is the same in everything is taken for the same.
func FuzzDeliveries(f *testing.F) {
	const good = `{"symbol":"A","bid":1}`
	f.Add("", "q", "", int64(0), []byte(good), "", "q", "", int64(0), []byte(good))
	f.Add("x", "q", "1", int64(1763740800), []byte(good), "x", "q", "1", int64(1763740800), []byte("noise"))
	f.Add("a\x00", "", "", int64(0), []byte(good), "a", "\x00", "", int64(0), []byte(good))
	f.Add("", "qx", "", int64(0), []byte(good), "", "q", "x", int64(0), []byte(good))
	f.Add("", "q", "", int64(-62135596801), []byte("[]"), "", "q", "", int64(1<<62), []byte("\xff"))
	f.Add("", "q", "", int64(0), []byte(good+"\n{}"), "", "q", "", int64(0), []byte(nil))
	f.Fuzz(func(t *testing.T, exchange1, key1, id1 string, sent1 int64, body1 []byte, exchange2, key2, id2 string, sent2 int64, body2 []byte) {
		if max(len(exchange1), len(key1), len(id1), len(exchange2), len(key2), len(id2)) > 255 {
			return // AMQP has no room for them
		}
		first := &amqp.Delivery{Exchange: exchange1, RoutingKey: key1, MessageId: id1, Timestamp: time.Unix(sent1, 0), Body: body1}
		again := &amqp.Delivery{Exchange: exchange2, RoutingKey: key2, MessageId: id2, Timestamp: time.Unix(sent2, 0), Body: body2, Redelivered: true}
		source, err := New(Config{URL: "amqp://h", Queue: "q", Prefetch: 4}) // each message is acknowledged at once
		if err != nil {
			t.Fatal(err)
		}
		used, _ := deliver(t, source, first)
		same := exchange1 == exchange2 && key1 == key2 && id1 == id2 && sent1 == sent2 && string(body1) == string(body2)
		if _, known := deliver(t, source, again); known != (used && same) {
			t.Errorf("%+v was used: %t, and %+v is known: %t", first, used, again, known)
		}
	})
}

// deliver delivers a message on a new connection, and reports whether it was of use,
// and whether it was known.
func deliver(t *testing.T, source *Source, d *amqp.Delivery) (used, known bool) {
	t.Helper()
	source.applied.connected()
	sink, said := queuetest.NewJournal(), make(acks, 2)
	c := source.consumer(&link{}, sink)
	defer c.due.Stop()
	c.acks = said
	d.DeliveryTag = 1
	c.take(d)
	told := sink.Told()
	known = c.known > 0
	used = known || len(told.Updates) > 0 || len(told.Rejected) == 0
	if used {
		said.want(t, "ack 1 true")
	} else {
		said.want(t, "reject 1 false")
	}
	if known != (len(told.Updates)+len(told.Rejected) == 0 && told.Alive == 1) {
		t.Errorf("%+v is known: %t, and the sink was told %+v", d, known, told)
	}
	return used, known
}
