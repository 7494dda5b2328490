package push_test

import (
	"strings"
	"testing"

	"ticker/feed/push"
	"ticker/market"
)

// deafSink takes everything.
type deafSink struct{}

func (deafSink) Connected()            {}
func (deafSink) Update(*market.Update) {}
func (deafSink) Alive()                {}
func (deafSink) Reject(error, []byte)  {}

// Watches the price of a pushed record from the body to the sink, beside that
// of reading it: it goes up if a record costs a lock or an allocation.
func BenchmarkPublishBody(b *testing.B) {
	b.ReportAllocs()
	source, stop := running(b, push.Config{}, deafSink{})
	defer stop()
	body := []byte(strings.Repeat(`{"symbol":"AAPL","bid":189.98,"bidSize":300,"ask":190.01,"askSize":200,"ts":1763740800000000}`+"\n", 1000))
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if accepted, _, err := source.PublishBody(body, nil); accepted != 1000 || err != nil {
			b.Fatal(accepted, err)
		}
	}
}
