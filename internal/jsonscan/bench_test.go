package jsonscan

import (
	"encoding/json"
	"strings"
	"testing"
)

// tickerMessage is what a venue sends for every trade.
const tickerMessage = `{"type":"ticker","sequence":48120077391,"product_id":"BTC-USD","price":"64213.17","open_24h":"63890.4",` +
	`"volume_24h":"9120.44718230","low_24h":"63120.01","high_24h":"64880","volume_30d":"288401.90031177","best_bid":"64213.16",` +
	`"best_bid_size":"0.42180000","best_ask":"64213.17","best_ask_size":"0.00731942","side":"buy",` +
	`"time":"2031-03-14T09:26:53.589793Z","trade_id":702993310,"last_size":"0.00125"}`

// readTicker reads the fields that a feed wants and skips the others.
func readTicker(s *Scanner, text []byte) (bytes int, err error) {
	s.Reset(text)
	for s.Object(); s.More(); {
		switch string(s.Key()) {
		case "sequence", "trade_id":
			bytes += len(s.Number())
		case "product_id", "price", "best_bid", "best_bid_size", "best_ask", "best_ask_size", "time", "last_size":
			bytes += len(s.Text())
		default:
			s.Skip()
		}
	}
	return bytes, s.End()
}

// BenchmarkTicker watches the cost of one message of a venue.
func BenchmarkTicker(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(int64(len(tickerMessage)))
	text := []byte(tickerMessage)
	var s Scanner
	for b.Loop() {
		if _, err := readTicker(&s, text); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkSkip watches values that nobody wants: a deep one, and a long
// string, with and without escapes.
func BenchmarkSkip(b *testing.B) {
	for name, text := range map[string]string{
		"ticker":  tickerMessage,
		"book":    `{"bids":[` + strings.Repeat(`["64213.16","0.42180000"],`, 50) + `["1","1"]]}`,
		"plain":   `"` + strings.Repeat("plain words ", 50) + `"`,
		"escaped": `"` + strings.Repeat(`a \"quoted\" word `, 30) + `"`,
		"unicode": `"` + strings.Repeat("größer ", 60) + `"`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			in := []byte(text)
			var s Scanner
			for b.Loop() {
				s.Reset(in)
				s.Skip()
				if err := s.End(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkEncodingJSONValid is the yardstick for BenchmarkSkip: the check of
// the standard library, which keeps no value.
func BenchmarkEncodingJSONValid(b *testing.B) {
	b.ReportAllocs()
	b.SetBytes(int64(len(tickerMessage)))
	text := []byte(tickerMessage)
	for b.Loop() {
		if !json.Valid(text) {
			b.Fatal("the message is no JSON")
		}
	}
}
