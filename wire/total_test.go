package wire

import (
	"testing"

	"ticker/market"
)

func TestAVolumeOfMoreDigitsThanADecimalSurvives(t *testing.T) {
	t.Parallel()
	var e market.Envelope
	for _, size := range []string{"99999999999999999999999999999999999999", "0.00000000000000000001"} {
		d, err := market.ParseDecimal(size)
		if err != nil {
			t.Fatal(err)
		}
		e.Trade(d, d)
	}
	want := e.Volume.String()
	for c := range NumCodecs {
		q := &market.Quote{Symbol: "A", Seq: 1}
		text := c.OpenQuotes(nil, "c", 1)
		text = c.CloseQuotes(c.AppendQuote(text, q, 0, &e), 0, 1)
		m, err := c.ParseMessage(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.(*Quotes).Records[0].Envelope.Volume.String(); got != want {
			t.Errorf("codec %d: volume %s, want %s", c, got, want)
		}
	}
}
