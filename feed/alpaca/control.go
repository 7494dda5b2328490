package alpaca

import (
	"encoding/binary"
	"encoding/json"
	"strconv"
)

// control is a control message. A list that was not in the message is nil.
type control struct {
	Kind     string   `json:"T"`
	Message  string   `json:"msg"`
	Code     int      `json:"code"`
	Trades   []string `json:"trades"`
	Quotes   []string `json:"quotes"`
	Statuses []string `json:"statuses"`
}

// parseControl reads a frame that holds one control message, in either format.
func parseControl(frame []byte) (c control, ok bool) {
	if isPacked(frame) {
		return unpackControl(frame)
	}
	var all []control
	if json.Unmarshal(frame, &all) != nil || len(all) != 1 {
		return control{}, false
	}
	return all[0], true
}

func unpackControl(frame []byte) (c control, ok bool) {
	var p packed
	p.reset(frame)
	if p.array() != 1 {
		return control{}, false
	}
	for n := p.fields(); n > 0 && p.err == nil; n-- {
		switch key := p.str(); string(key) {
		case "T":
			c.Kind = string(p.value().text)
		case "msg":
			c.Message = string(p.value().text)
		case "code":
			c.Code, _ = strconv.Atoi(string(p.value().text)) // 0 is as unknown as any other
		case "trades":
			c.Trades = p.list()
		case "quotes":
			c.Quotes = p.list()
		case "statuses":
			c.Statuses = p.list()
		default:
			p.skip()
		}
	}
	return c, p.end() == nil
}

// list reads an array of strings, nil for nil.
func (p *packed) list() []string {
	if p.peek() == codeNil {
		p.skip()
		return nil
	}
	names := []string{}
	for n := p.array(); n > 0 && p.err == nil; n-- {
		names = append(names, string(p.str()))
	}
	return names
}

// order is a message to Alpaca: action, and what it is about.
type order struct {
	Action   string   `json:"action"`
	Key      string   `json:"key,omitempty"`
	Secret   string   `json:"secret,omitempty"`
	Trades   []string `json:"trades,omitempty"`
	Quotes   []string `json:"quotes,omitempty"`
	Statuses []string `json:"statuses,omitempty"`
}

// write writes an order in the format of the connection.
func (o *order) write(packed bool) []byte {
	if packed {
		return o.pack()
	}
	text, _ := json.Marshal(o) // strings always have a text
	return text
}

func (o *order) pack() []byte {
	out, fields := []byte{fixMap}, byte(0)
	word := func(key, text string) {
		if text != "" {
			out, fields = packString(packString(out, key), text), fields+1
		}
	}
	list := func(key string, names []string) {
		if len(names) > 0 {
			out, fields = packList(packString(out, key), names), fields+1
		}
	}
	word("action", o.Action)
	word("key", o.Key)
	word("secret", o.Secret)
	list("trades", o.Trades)
	list("quotes", o.Quotes)
	list("statuses", o.Statuses)
	out[0] |= fields
	return out
}

func packString(dst []byte, text string) []byte {
	dst = binary.BigEndian.AppendUint32(append(dst, str32), uint32(len(text)))
	return append(dst, text...)
}

func packList(dst []byte, names []string) []byte {
	dst = binary.BigEndian.AppendUint32(append(dst, array32), uint32(len(names)))
	for _, name := range names {
		dst = packString(dst, name)
	}
	return dst
}
