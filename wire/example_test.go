package wire_test

import (
	"errors"
	"os"

	"ticker/market"
	"ticker/wire"
)

// A frame is put together from records that are encoded once for all sessions.
func ExampleCodec_OpenQuotes() {
	set := market.Fields(0).With(market.Bid)
	q := market.Quote{Symbol: "AAPL", Seq: 42, Known: set, Recv: 1763740800000412}
	q.Values[market.Bid] = market.NewDecimal(18998, 2)
	record := wire.JSON.AppendQuote(nil, &q, set, nil)

	frame := wire.JSON.OpenQuotes(nil, "e1.7", 1)
	frame = append(frame, record...)
	frame = wire.JSON.CloseQuotes(frame, 0, 1)
	_, _ = os.Stdout.Write(frame)
	// Output: {"type":"event","channel":"quotes","cursor":"e1.7","quotes":[{"symbol":"AAPL","seq":42,"bid":189.98,"recv":1763740800000412}]}
}

// The error of a request is the answer to it.
func ExampleCodec_ParseRequest() {
	text := []byte(`{"type":"command","id":"2","action":"subscribe","symbols":[]}`)
	_, err := wire.JSON.ParseRequest(text, wire.Limits{Symbols: 1000})
	var answer *wire.Error
	if errors.As(err, &answer) {
		_, _ = os.Stdout.Write(wire.JSON.AppendMessage(nil, answer))
	}
	// Output: {"type":"error","id":"2","code":"bad_request","message":"symbols must be a non-empty list of strings"}
}
