package history

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"ticker/market"
)

// maxRefusedBytes bounds the file of refused samples. Two are kept: the one
// that is written, and the one before it.
const maxRefusedBytes = 8 << 20

// refusedPath is where samples go that the store can never keep.
func refusedPath(dir string) string { return filepath.Join(dir, "refused.jsonl") }

// refusals is the file of the samples that the store can never keep, one JSON
// object on a line, for people to read.
type refusals struct{ path string }

// refusedSample is a line of it.
type refusedSample struct {
	Symbol market.Symbol             `json:"symbol"`
	Seq    uint64                    `json:"seq"`
	Recv   int64                     `json:"recv"`
	Epoch  string                    `json:"epoch"`
	TS     int64                     `json:"ts"`
	Source string                    `json:"source"`
	Status string                    `json:"status"`
	Values map[string]market.Decimal `json:"values"`
	Bar    *refusedBar               `json:"bar,omitempty"`
}

// refusedBar is the trades of a refused sample.
type refusedBar struct {
	Open   market.Decimal `json:"open"`
	High   market.Decimal `json:"high"`
	Low    market.Decimal `json:"low"`
	Close  market.Decimal `json:"close"`
	Trades uint64         `json:"trades"`
	Volume market.Total   `json:"volume"`
}

// add writes samples behind those that are there. The error is that of the file
// system.
func (r *refusals) add(epoch string, samples []*market.Sample) error {
	var lines []byte
	for _, s := range samples {
		line, err := json.Marshal(refusedLine(epoch, s))
		if err != nil {
			return fmt.Errorf("encode refused sample: %w", err)
		}
		lines = append(append(lines, line...), '\n')
	}
	if err := r.turn(int64(len(lines))); err != nil {
		return fmt.Errorf("turn file of refused samples: %w", err)
	}
	out, err := os.OpenFile(r.path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o640)
	if err != nil {
		return fmt.Errorf("open file of refused samples: %w", err)
	}
	_, err = out.Write(lines)
	if err = errors.Join(err, out.Close()); err != nil {
		return fmt.Errorf("write file of refused samples: %w", err)
	}
	return nil
}

// turn sets the file aside, over the one before it, if it would grow too large.
func (r *refusals) turn(more int64) error {
	info, err := os.Stat(r.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.Size()+more <= maxRefusedBytes:
		return nil
	}
	return os.Rename(r.path, r.path+".old")
}

func refusedLine(epoch string, s *market.Sample) refusedSample {
	line := refusedSample{
		Symbol: s.Symbol, Seq: s.Seq, Recv: s.Recv, Epoch: epoch, TS: s.TS,
		Source: s.Source, Status: s.Status.String(), Values: make(map[string]market.Decimal),
	}
	for f := range market.NumValues {
		if v, known := s.Value(f); known {
			line.Values[f.String()] = v
		}
	}
	if s.Bar.Trades > 0 {
		b := &s.Bar
		line.Bar = &refusedBar{b.Open, b.High, b.Low, b.Close, b.Trades, b.Volume}
	}
	return line
}
