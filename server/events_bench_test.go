package server

import (
	"fmt"
	"testing"

	"ticker/fanout"
	"ticker/market"
	"ticker/wire"
)

// BenchmarkFraming watches what each way to a client adds to a frame of records: a
// header of bytes for WebSocket, the lines of an event, the list of a poll.
func BenchmarkFraming(b *testing.B) {
	q := market.Quote{Symbol: "SYM0001", Seq: 123456, TS: 1763740800000000, Recv: 1763740800000412, Source: "sim"}
	for f := range market.NumValues {
		q.Known = q.Known.With(f)
		q.Values[f] = market.NewDecimal(18998+int64(f), 2)
	}
	for _, records := range []int{1, 50} {
		text := wire.JSON.OpenQuotes(nil, "WUO57PKMCU.daw1x", 1)
		for i := range records {
			if i > 0 {
				text = wire.JSON.AppendSeparator(text)
			}
			text = wire.JSON.AppendQuote(text, &q, market.AllFields, nil)
		}
		text = wire.JSON.CloseQuotes(text, 0, records)
		buf := make([]byte, 0, 2*len(text))
		for _, c := range []struct {
			name    string
			framing fanout.Framing
		}{{"websocket", framing(opText)}, {"sse", eventFraming{}}, {"poll", recordFraming{}}} {
			b.Run(fmt.Sprintf("%s/records=%d", c.name, records), func(b *testing.B) {
				b.SetBytes(int64(len(text)))
				b.ReportAllocs()
				for b.Loop() {
					dst := append(c.framing.Open(buf[:0]), text...)
					c.framing.Seal(dst, 0)
				}
			})
		}
	}
}
