package client

import (
	"errors"
	"io"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/wire"
)

// judged drives a fallback with losses, 10 s apart, and returns the transports that
// were tried, and the last step.
func judged(order []Transport, losses ...loss) (tried []Transport, last step) {
	f := fallback{order: order}
	now := time.Unix(1_000_000, 0)
	for i := range losses {
		tried = append(tried, f.next(now))
		last = f.judge(&losses[i], now)
		now = now.Add(10 * time.Second)
	}
	return append(tried, f.next(now)), last
}

func TestFallbackJudgesLosses(t *testing.T) {
	t.Parallel()
	var (
		cut      = loss{err: io.EOF}
		brief    = loss{err: io.EOF, lived: time.Second}
		lived    = loss{err: io.EOF, lived: time.Minute}
		drained  = loss{err: io.EOF, lived: time.Second, asked: time.Second}
		closed   = loss{err: &CloseError{Code: wire.CloseOverloaded}, lived: time.Second}
		page     = loss{err: &Error{Status: 403}}
		gateway  = loss{err: &Error{Status: 502}}
		busy     = loss{err: &Error{Status: 503, Code: wire.CodeUnavailable}}
		stripped = loss{err: &Error{Status: 426, Code: wire.CodeBadRequest}}
		foreign  = loss{err: foreignError("event stream")}
		away     = loss{err: unreachableError{io.EOF}}
		late     = loss{err: &Error{Status: 403}, lived: time.Minute}
		expired  = loss{err: &Error{Status: 401, Code: wire.CodeUnauthorized}}
	)
	const ws, sse, poll = WebSocket, SSE, Poll
	for name, c := range map[string]struct {
		losses []loss
		tried  []Transport
		last   step
	}{
		"one cut":                       {[]loss{cut}, []Transport{ws, ws}, wait},
		"two cuts":                      {[]loss{cut, cut}, []Transport{ws, ws, sse}, wait},
		"two brief lives":               {[]loss{brief, brief}, []Transport{ws, ws, sse}, wait},
		"a life between cuts":           {[]loss{cut, lived, cut}, []Transport{ws, ws, ws, ws}, wait},
		"a word between cuts":           {[]loss{cut, drained, cut, closed, cut, busy, cut}, []Transport{ws, ws, ws, ws, ws, ws, ws, ws}, wait},
		"a page":                        {[]loss{page}, []Transport{ws, sse}, goOn},
		"an upgrade that was taken out": {[]loss{stripped}, []Transport{ws, sse}, goOn},
		"two gateways":                  {[]loss{gateway, gateway}, []Transport{ws, ws, sse}, wait},
		"nobody there":                  {[]loss{away, away, away, away}, []Transport{ws, ws, ws, ws, ws}, wait},
		"busy":                          {[]loss{busy, busy, busy}, []Transport{ws, ws, ws, ws}, wait},
		"all the way":                   {[]loss{page, foreign, lived}, []Transport{ws, sse, poll, poll}, wait},
		"round":                         {[]loss{cut, cut, foreign, foreign}, []Transport{ws, ws, sse, poll, ws}, wait},
		"everything is blocked":         {[]loss{page, foreign, stripped}, []Transport{ws, sse, poll, poll}, giveUp},
		"what worked is blocked too":    {[]loss{page, lived, foreign, foreign, page}, []Transport{ws, sse, sse, poll, ws, ws}, giveUp},
		"a page in a connection":        {[]loss{late, late, late}, []Transport{ws, ws, ws, ws}, wait},
		"the credential":                {[]loss{expired}, []Transport{ws, ws}, giveUp},
	} {
		tried, last := judged([]Transport{ws, sse, poll}, c.losses...)
		if diff := cmp.Diff(c.tried, tried); diff != "" || last != c.last {
			t.Errorf("%s: step %d, want %d; tried (-want +got):\n%s", name, last, c.last, diff)
		}
	}
}

func TestBetterTransportHasOneConnectionToProveItself(t *testing.T) {
	t.Parallel()
	f := fallback{order: []Transport{WebSocket, SSE, Poll}}
	now := time.Unix(1_000_000, 0)
	try := func(want Transport, lost loss) {
		t.Helper()
		if got := f.next(now); got != want {
			t.Fatalf("tries %s, want %s", got, want)
		}
		f.judge(&lost, now)
	}
	blocked, cut, lived := loss{err: &Error{Status: 403}}, loss{err: io.EOF}, loss{err: io.EOF, lived: time.Minute}
	try(WebSocket, blocked)
	try(SSE, blocked)
	try(Poll, lived)
	now = now.Add(upgradeAfter - 1)
	try(Poll, lived)
	now = now.Add(1)
	try(WebSocket, cut)
	try(SSE, cut)
	try(Poll, lived)
	now = now.Add(upgradeAfter)
	try(WebSocket, lived)
	now = now.Add(upgradeAfter)
	try(WebSocket, cut)
	try(WebSocket, cut)
	try(SSE, lived)
}

func TestListOfTransportsIsChecked(t *testing.T) {
	t.Parallel()
	for want, list := range map[string][]Transport{
		"make client: transport 3 is unknown":         {SSE, Poll + 1},
		"make client: transport poll is listed twice": {Poll, SSE, Poll},
	} {
		if _, err := New(Config{URL: "http://host", Transports: list}); err == nil || err.Error() != want {
			t.Errorf("error is %v, want %q", err, want)
		}
	}
	if _, err := New(Config{URL: "http://host", Transports: []Transport{Poll}}); err != nil {
		t.Error(err)
	}
}

func TestUnreachableKeepsTheReason(t *testing.T) {
	t.Parallel()
	err := error(unreachableError{io.ErrUnexpectedEOF})
	if !errors.Is(err, io.ErrUnexpectedEOF) || err.Error() != io.ErrUnexpectedEOF.Error() {
		t.Errorf("error is %v, want that of the reason", err)
	}
}
