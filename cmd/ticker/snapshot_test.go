package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// answeringHTTP runs a service that answers every request, and returns its
// address and what it was asked.
func answeringHTTP(t *testing.T, status int, body string) (address string, asked <-chan string) {
	t.Helper()
	queries := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		queries <- r.Header.Get("Authorization") + " " + r.URL.String()
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return server.URL, queries
}

func TestSnapshotPrintsTheRecordsOfTheService(t *testing.T) {
	t.Parallel()
	address, asked := answeringHTTP(t, 200, "{\"cursor\":\"c\",\"quotes\":[\n {\"symbol\":\"A\", \"seq\":1,\"bid\":1.50,\"recv\":2},"+
		"{\"symbol\":\"BTC-USD\",\"seq\":9,\"last\":1e2,\"recv\":2,\"source\":\"\u009b2J\u202e\U000e0001é\"}]}")
	code, stdout, stderr := program(t, []string{"TICKER_TOKEN=secret"},
		"snapshot", "--url", address, "--at", "2026-11-20T14:30:00Z", "A", "BTC-*", "NONE")
	want := `{"symbol":"A","seq":1,"bid":1.50,"recv":2}
{"symbol":"BTC-USD","seq":9,"last":1e2,"recv":2,"source":"\u009b2J\u202e\udb40\udc01é"}
`
	if diff := cmp.Diff(want, stdout); diff != "" || code != 0 {
		t.Errorf("exit code %d, stdout (-want +got):\n%s", code, diff)
	}
	if want := "ticker snapshot: no record of NONE\n"; stderr != want {
		t.Errorf("stderr is %q, want %q", stderr, want)
	}
	if got, want := <-asked, "Bearer secret /v1/snapshot?at=1795185000000000&symbols=A%2CBTC-%2A%2CNONE"; got != want {
		t.Errorf("asked %q, want %q", got, want)
	}
}

func TestSnapshotThatFindsNothingFails(t *testing.T) {
	t.Parallel()
	for want, c := range map[string]struct {
		status int
		body   string
	}{
		"ticker: no record of A, B-*\n": {200, `{"cursor":"c","quotes":[]}`},
		"ticker: get snapshot: unavailable: history is off[2J\n": {
			503, `{"title":"Service Unavailable","status":503,"detail":"history is off\u001b[2J","code":"unavailable"}`,
		},
		"ticker: get snapshot: 502 Bad Gateway\n": {502, "<html>"},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			address, _ := answeringHTTP(t, c.status, c.body)
			code, stdout, stderr := program(t, nil, "snapshot", "--url", address, "A", "B-*")
			if code != 1 || stdout != "" || stderr != want {
				t.Errorf("exit code %d, stdout %q, stderr %q, want 1 and %q", code, stdout, stderr, want)
			}
		})
	}
}

func TestEscapesMeanTheSame(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.String().Draw(t, "text")
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		safe := printableJSON(string(text))
		if strings.IndexFunc(safe, obeyed) >= 0 {
			t.Fatalf("%q would be obeyed", safe)
		}
		var got string
		if err := json.Unmarshal([]byte(safe), &got); err != nil || got != want {
			t.Fatalf("%q means %q, %v, want %q", safe, got, err, want)
		}
	})
}
