package server_test

import (
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ticker/wire"
)

const protocolFile = "../docs/PROTOCOL.md"

// examples returns the lines of the fenced examples of one kind, by their place.
func examples(t *testing.T, kind string) map[string]string {
	t.Helper()
	text, err := os.ReadFile(protocolFile)
	if err != nil {
		t.Fatal(err)
	}
	found := make(map[string]string)
	fence := ""
	for i, line := range strings.Split(string(text), "\n") {
		switch {
		case fence != "" && line == "```":
			fence = ""
		case strings.HasPrefix(line, "```"):
			fence = strings.TrimPrefix(line, "```")
		case fence == kind:
			found[fmt.Sprintf("line %d", i+1)] = line
		}
	}
	if len(found) == 0 {
		t.Fatalf("no %q examples in %s", kind, protocolFile)
	}
	return found
}

func TestExamplesOfRequestsAreRequests(t *testing.T) {
	t.Parallel()
	for where, line := range examples(t, "json client") {
		req, err := wire.JSON.ParseRequest([]byte(line), wire.Limits{Symbols: 10})
		if err != nil {
			t.Errorf("%s: %v", where, err)
			continue
		}
		again, err := wire.JSON.ParseRequest(wire.JSON.AppendRequest(nil, req), wire.Limits{Symbols: 10})
		if err != nil {
			t.Errorf("%s: %v", where, err)
		}
		if diff := cmp.Diff(req, again); diff != "" {
			t.Errorf("%s:\n%s", where, diff)
		}
	}
}

// resultOf returns an empty result for the answer to an example.
func resultOf(id string) wire.Result {
	switch id {
	case "1":
		return &wire.Authenticated{}
	case "2":
		return &wire.Subscribed{}
	case "3":
		return &wire.Unsubscribed{}
	case "4":
		return &wire.Configured{}
	case "5":
		return &wire.Published{}
	case "6", "7", "12":
		return &wire.QuoteList{}
	case "8":
		return &wire.Candles{}
	case "9":
		return &wire.SymbolList{}
	}
	return &wire.Ledger{}
}

func TestExamplesOfMessagesAreWhatIsSent(t *testing.T) {
	t.Parallel()
	for where, line := range examples(t, "json server") {
		m, err := wire.JSON.ParseMessage([]byte(line))
		if err != nil {
			t.Errorf("%s: %v", where, err)
			continue
		}
		if r, ok := m.(*wire.Response); ok {
			r.Result = resultOf(r.ID)
			if err := r.Decode(r.Result); err != nil {
				t.Errorf("%s: %v", where, err)
			}
		}
		if diff := cmp.Diff(line, string(wire.JSON.AppendMessage(nil, m))); diff != "" {
			t.Errorf("%s is sent as (-told +sent):\n%s", where, diff)
		}
	}
	for where, line := range examples(t, "json") {
		p, err := wire.ParseProblem([]byte(line))
		if err != nil {
			t.Errorf("%s: %v", where, err)
		}
		if diff := cmp.Diff(line, string(p.Append(nil))); diff != "" {
			t.Errorf("%s is sent as (-told +sent):\n%s", where, diff)
		}
	}
}

func TestExamplesOfRequestsAreAnsweredAsTold(t *testing.T) {
	t.Parallel()
	inBubble(t, func(r *rig) {
		c := r.connect(wire.JSON)
		for where, line := range examples(t, "json client") {
			c.send(line)
			for {
				m := c.next()
				if e, ok := m.(*wire.Error); ok {
					t.Errorf("%s: %v", where, e)
				}
				if _, event := m.(*wire.Quotes); !event {
					break
				}
			}
		}
	}, withPush(true), withHistory(&archive{}))
}

func TestProtocolTellsEveryCode(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(protocolFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, code := range []wire.Code{
		wire.CodeBadMessage, wire.CodeBadRequest, wire.CodeUnknownType, wire.CodeUnknownAction, wire.CodeUnknownResource,
		wire.CodeBadSymbol, wire.CodeTooManySymbols, wire.CodeRateLimited, wire.CodeUnauthorized, wire.CodeForbidden,
		wire.CodeNotFound, wire.CodeTooLarge, wire.CodeTimeout, wire.CodeUnavailable, wire.CodeInternal,
	} {
		if !strings.Contains(string(text), "`"+string(code)+"`") {
			t.Errorf("no %s", code)
		}
	}
	for _, row := range regexp.MustCompile(`(?m)^\| (\d{4}) \|.*\| (yes|not unchanged) \|$`).FindAllStringSubmatch(string(text), -1) {
		var code wire.CloseCode
		if _, err := fmt.Sscan(row[1], &code); err != nil {
			t.Fatal(err)
		}
		if code.String() == "closed" || code.Reconnect() != (row[2] == "yes") {
			t.Errorf("%s: coming back is told as %q", row[1], row[2])
		}
	}
}
