package payload

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ticker/feed"
	"ticker/market"
)

// journal writes down what a sink and a tap are told.
type journal struct{ lines, taped []string }

func (j *journal) Connected() {}
func (j *journal) Alive()     { j.lines = append(j.lines, "alive") }
func (j *journal) Update(u *market.Update) {
	j.lines = append(j.lines, fmt.Sprintf("%s bid=%s", u.Symbol, u.Values[market.Bid]))
}

func (j *journal) Reject(reason error, record []byte) {
	j.lines = append(j.lines, fmt.Sprintf("refused %t %s", errors.Is(reason, feed.ErrMalformed), record))
}
func (j *journal) Message(raw []byte) { j.taped = append(j.taped, string(raw)) }

// venue is an exchange whose messages are a symbol, or "beat", or garbage.
type venue struct{}

func (venue) Parse(message []byte, emit func(*market.Update)) error {
	switch string(message) {
	case "beat":
		return feed.ErrSkipped
	case "?":
		return feed.ErrMalformed
	}
	emit(&market.Update{Symbol: market.Symbol(message)})
	return nil
}

func read(t *testing.T, parser feed.Parser, payloads ...string) *journal {
	t.Helper()
	j := &journal{}
	r := NewReader(j, parser, j)
	for _, p := range payloads {
		r.Read([]byte(p))
	}
	return j
}

func TestQuotesComeAsAnObjectAnArrayOrLines(t *testing.T) {
	t.Parallel()
	j := read(t, nil, `{"symbol":"A","bid":1}`, `[{"symbol":"B","bid":2},{"symbol":"C","bid":3}]`, "{\"symbol\":\"D\",\"bid\":4}\n{\"symbol\":\"E\",\"bid\":5}\n")
	if diff := cmp.Diff([]string{"A bid=1", "B bid=2", "C bid=3", "D bid=4", "E bid=5"}, j.lines); diff != "" {
		t.Errorf("updates (-want +got):\n%s", diff)
	}
	if len(j.taped) != 5 || j.taped[1] != `{"symbol":"B","bid":2}` {
		t.Errorf("recorded %q", j.taped)
	}
}

func TestABadRecordLosesOnlyItself(t *testing.T) {
	t.Parallel()
	j := read(t, nil, "{\"symbol\":\"A\",\"bid\":1}\nnoise\n{\"symbol\":\"B\",\"bid\":2}", `[1`, "", " \n")
	want := []string{"A bid=1", "refused true noise", "B bid=2", "refused true [1", "refused true ", "refused true  \n"}
	if diff := cmp.Diff(want, j.lines); diff != "" {
		t.Errorf("what came of it (-want +got):\n%s", diff)
	}
}

func TestMessagesOfAnExchangeAreReadByItsParser(t *testing.T) {
	t.Parallel()
	j := read(t, venue{}, "A", "beat", "?")
	if diff := cmp.Diff([]string{"A bid=0", "alive", "refused true ?"}, j.lines); diff != "" {
		t.Errorf("what came of it (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"A", "beat", "?"}, j.taped); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
}
