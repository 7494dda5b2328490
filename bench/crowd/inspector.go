package crowd

import (
	"ticker/market"
	"ticker/wire"
)

const errUnreadable = fault("unreadable message")

// inspector reads records in full and checks that seq rises strictly for each
// symbol. The methods of a nil inspector, which most clients have, do nothing.
type inspector struct {
	last map[market.Symbol]uint64
	text []byte // an event that is put together
}

func newInspector(number int) *inspector {
	if number%checkedShare != 0 {
		return nil
	}
	return &inspector{last: make(map[market.Symbol]uint64)}
}

// event reads a quotes event.
func (i *inspector) event(codec wire.Codec, event []byte, d *delivery) error {
	if i == nil {
		return nil
	}
	message, err := codec.ParseMessage(event)
	if err != nil {
		return errUnreadable
	}
	quotes, ok := message.(*wire.Quotes)
	if !ok {
		return errUnreadable
	}
	for k := range quotes.Records {
		r := &quotes.Records[k]
		last, known := i.last[r.Symbol]
		if known && r.Seq <= last {
			d.disorder++
		}
		i.last[r.Symbol] = r.Seq
	}
	d.checked += uint64(len(quotes.Records))
	return nil
}

// record reads one record in JSON, by making an event of it.
func (i *inspector) record(record []byte, d *delivery) error {
	if i == nil {
		return nil
	}
	i.text = wire.JSON.OpenQuotes(i.text[:0], "", 1)
	i.text = append(i.text, record...)
	i.text = wire.JSON.CloseQuotes(i.text, 0, 1)
	return i.event(wire.JSON, i.text, d)
}
