package dialect

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// MaxMessageBytes is the longest message that is read: some 70,000 names.
const MaxMessageBytes = 1 << 20

// ErrNoSubscribe reports a first message that is no subscribe.
var ErrNoSubscribe = errors.New("the first message must be a subscribe")

// Subscribe is a client's command.
type Subscribe struct {
	Type    string   `json:"type"`
	ID      string   `json:"id"`
	Action  string   `json:"action"`
	Symbols []string `json:"symbols"`
}

// Parse reads a subscribe. The error is ErrNoSubscribe for another command.
func Parse(message []byte) (Subscribe, error) {
	var s Subscribe
	if err := json.Unmarshal(message, &s); err != nil {
		return Subscribe{}, fmt.Errorf("parse subscribe: %w", err)
	}
	if s.Type != "command" || s.Action != "subscribe" {
		return Subscribe{}, ErrNoSubscribe
	}
	return s, nil
}

type answer struct {
	Type   string `json:"type"`
	ID     string `json:"id"`
	Result result `json:"result"`
}

type result struct {
	Interval   string   `json:"interval"`
	Subscribed []string `json:"subscribed"`
}

// Answer returns the response that grants a subscribe at an interval.
func (s *Subscribe) Answer(interval time.Duration) []byte {
	text, err := json.Marshal(answer{"response", s.ID, result{interval.String(), s.Symbols}})
	if err != nil {
		panic(err) // strings always encode
	}
	return text
}
