package server_test

import (
	"bufio"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"ticker/wire"
)

// stream is a client of GET /v1/sse that reads when the test says so, and holds
// every byte against the form in which the service writes.
type stream struct {
	t          testing.TB
	conn       net.Conn
	in         *bufio.Reader
	partial    string // what has come of an event
	welcome    *wire.Welcome
	subscribed wire.Subscribed
}

// event is one event, taken apart as a browser does. One that only sets the time
// to come back has no name.
type event struct{ name, id, data, retry string }

// eventForm is the one form that events have; no browser is as strict.
var eventForm = regexp.MustCompile(`^(?:event: ([a-z]+)\n(?:id: ([!-~]+)\n)?data: (\{.*\})|retry: ([0-9]+))\n\n$`)

// askEvents asks for a stream, with more headers, and returns what it is answered.
func (r *rig) askEvents(query string, headers ...string) (*stream, answer) {
	r.t.Helper()
	conn, err := r.dial()
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { _ = conn.Close() })
	return r.askEventsOn(conn, query, headers...)
}

// askEventsOn is askEvents on a connection that is the caller's to close.
func (r *rig) askEventsOn(conn net.Conn, query string, headers ...string) (*stream, answer) {
	r.t.Helper()
	host, more := r.addr, ""
	for i := 0; i < len(headers); i += 2 {
		if headers[i] == "Host" {
			host = headers[i+1]
		} else {
			more += headers[i] + ": " + headers[i+1] + "\r\n"
		}
	}
	request := "GET /v1/sse?" + query + " HTTP/1.1\r\nHost: " + host + "\r\n" + more + "\r\n"
	if _, err := conn.Write([]byte(request)); err != nil {
		r.t.Fatal(err)
	}
	s := &stream{t: r.t, conn: conn, in: bufio.NewReader(conn)}
	s.wait(patience)
	resp, err := http.ReadResponse(s.in, nil)
	if err != nil {
		r.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var body []byte
	if resp.StatusCode != http.StatusOK {
		if body, err = io.ReadAll(resp.Body); err != nil {
			r.t.Fatal(err)
		}
	}
	return s, answer{resp.StatusCode, resp.Header, string(body)}
}

// events opens a stream and reads how every stream begins.
func (r *rig) events(query string, headers ...string) *stream {
	r.t.Helper()
	s, got := r.askEvents(query, headers...)
	s.begin(got)
	return s
}

func (s *stream) begin(got answer) {
	s.t.Helper()
	if got.status != http.StatusOK {
		s.t.Fatalf("%+v", got)
	}
	e := s.next()
	if s.welcome = asWelcome(s.message(e)); e.name != "welcome" || s.welcome == nil {
		s.t.Fatalf("the first event is %+v", e)
	}
	e = s.next()
	if err := wire.JSON.ParseResult([]byte(e.data), &s.subscribed); err != nil || e.name != "subscribed" || e.id != "" {
		s.t.Fatalf("%v: the second event is %+v", err, e)
	}
}

// wait bounds the reads that follow.
func (s *stream) wait(d time.Duration) {
	s.t.Helper()
	if err := s.conn.SetReadDeadline(time.Now().Add(d)); err != nil {
		s.t.Fatal(err)
	}
}

// try reads the next event, or the error that there is none.
func (s *stream) try() (event, error) {
	s.t.Helper()
	for !strings.HasSuffix(s.partial, "\n\n") {
		line, err := s.in.ReadString('\n')
		if s.partial += line; err != nil {
			return event{}, err
		}
	}
	parts := eventForm.FindStringSubmatch(s.partial)
	if parts == nil {
		s.t.Fatalf("an event in another form: %q", s.partial)
	}
	s.partial = ""
	return event{name: parts[1], id: parts[2], data: parts[3], retry: parts[4]}, nil
}

// next reads the next event, which must come.
func (s *stream) next() event {
	s.t.Helper()
	s.wait(patience)
	e, err := s.try()
	if err != nil {
		s.t.Fatalf("no event: %v behind %q", err, s.partial)
	}
	return e
}

// message reads the text of an event of the protocol.
func (s *stream) message(e event) wire.Message {
	s.t.Helper()
	m, err := wire.JSON.ParseMessage([]byte(e.data))
	if err != nil {
		s.t.Fatalf("%v in %+v", err, e)
	}
	return m
}

// asQuotes returns the records of an event, nil if it is another one. Its name and
// its id must be what its text says.
func (s *stream) asQuotes(e event) *wire.Quotes {
	s.t.Helper()
	q, ok := s.message(e).(*wire.Quotes)
	if ok != (e.name == "quotes") || ok && e.id != q.Cursor {
		s.t.Fatalf("the text of %+v is %T", e, s.message(e))
	}
	return q
}

// quotes reads the next event, which must be one with records.
func (s *stream) quotes() *wire.Quotes {
	s.t.Helper()
	e := s.next()
	q := s.asQuotes(e)
	if q == nil {
		s.t.Fatalf("%+v is no quotes event", e)
	}
	return q
}

// during reads the quotes events that arrive in a time.
func (s *stream) during(d time.Duration) []arrival {
	s.t.Helper()
	s.wait(d)
	var arrivals []arrival
	for {
		e, err := s.try()
		if err == nil {
			if q := s.asQuotes(e); q != nil {
				arrivals = append(arrivals, arrival{q, time.Now()})
			}
			continue
		}
		if !errors.Is(err, os.ErrDeadlineExceeded) {
			s.t.Fatal(err)
		}
		return arrivals
	}
}

// quiet says that nothing arrives in a time.
func (s *stream) quiet(d time.Duration) {
	s.t.Helper()
	s.wait(d)
	if e, err := s.try(); !errors.Is(err, os.ErrDeadlineExceeded) {
		s.t.Fatalf("%+v, %v instead of nothing", e, err)
	}
}

// end reads on to the end of the stream, which must come behind a whole event, and
// returns the events before it.
func (s *stream) end() []event {
	s.t.Helper()
	s.wait(patience)
	var all []event
	for {
		e, err := s.try()
		switch {
		case err == nil:
			all = append(all, e)
		case errors.Is(err, io.EOF) && s.partial == "":
			return all
		default:
			s.t.Fatalf("%v behind %q instead of the end", err, s.partial)
		}
	}
}
