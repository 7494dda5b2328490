package server_test

import (
	"net/http"
	"os"
	"os/exec"
	"strings"
	"testing"

	"ticker/book"
	"ticker/feed"
	"ticker/market"
	"ticker/wire"
)

// doomed has, in the environment of a process, the name of the test that it runs
// and that is to end it.
const doomed = "TICKER_TEST_DOOMED"

// brokenBook panics over every update.
type brokenBook struct{ *book.Book }

func (brokenBook) Apply(*market.Update) market.Outcome { panic("broken on purpose") }

func TestPanicOfTheBookEndsTheProcessHoweverQuotesArePublished(t *testing.T) {
	t.Parallel()
	const quote = `{"symbol":"A","bid":1}`
	for name, publish := range map[string]func(*rig){
		"over HTTP": func(r *rig) { r.request(http.MethodPost, "/v1/quotes", quote) },
		"over WebSocket": func(r *rig) {
			c := r.connect(wire.JSON)
			c.ask("p", &wire.Publish{Quotes: [][]byte{[]byte(quote)}})
			c.next()
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if os.Getenv(doomed) == t.Name() {
				publish(overTCP(t, withPushInto(func(b *book.Book) feed.Book { return brokenBook{b} }, true)))
				t.Fatal("the process lives on")
			}
			pattern := "^" + strings.ReplaceAll(t.Name(), "/", "$/^") + "$"
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run="+pattern, "-test.timeout=1m")
			cmd.Env = append(os.Environ(), doomed+"="+t.Name())
			text, err := cmd.CombinedOutput()
			const want = `panic: book panicked, called by feed "push", symbol "A": broken on purpose`
			// The exit code of failed tests is another one.
			if err == nil || cmd.ProcessState.ExitCode() != 2 || !strings.Contains(string(text), want) {
				t.Errorf("ended with %v:\n%s", err, text)
			}
		})
	}
}
