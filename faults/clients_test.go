package faults_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"ticker/client"
	"ticker/wire"
)

const (
	// crowdSize is how many clients of a bad kind there are.
	crowdSize = 1000
	// clientBytes bounds what one of them may cost the process, kernel apart: some ten
	// times what OPERATIONS.md promises for a session.
	clientBytes = 64 << 10
)

// handshake opens a WebSocket on a connection, by hand, so that nothing reads it
// but this.
func handshake(t *testing.T, conn net.Conn) {
	t.Helper()
	if status := knock(t, conn); status != http.StatusSwitchingProtocols {
		t.Fatalf("handshake: %d", status)
	}
}

// knock asks for a WebSocket, and returns the status of the answer.
func knock(t *testing.T, conn net.Conn) int {
	t.Helper()
	request := "GET /v1/ws HTTP/1.1\r\nHost: " + conn.RemoteAddr().String() + "\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n" +
		"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
	if _, err := io.WriteString(conn, request); err != nil {
		t.Fatal(err)
	}
	if err := conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	answer, err := http.ReadResponse(bufio.NewReaderSize(conn, 1024), nil)
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close() // nobody reads it
	return answer.StatusCode
}

// textFrame makes a text frame of less than 126 bytes, masked with zeros.
func textFrame(text string) []byte {
	return append([]byte{0x81, 0x80 | byte(len(text)), 0, 0, 0, 0}, text...)
}

// say sends a text frame.
func say(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	if _, err := conn.Write(textFrame(text)); err != nil {
		t.Fatal(err)
	}
}

// cramped dials connections with receive buffers of a size: told later, the service
// has been promised more.
func cramped(bytes int) *net.Dialer {
	return &net.Dialer{Timeout: patience, Control: func(_, _ string, conn syscall.RawConn) error {
		var refused error
		err := conn.Control(func(fd uintptr) {
			refused = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, bytes)
		})
		return errors.Join(err, refused)
	}}
}

// deaf opens sessions that subscribe to what a source pushes, and never read again. Their
// receive buffers are small, so that what they do not read is soon at the service.
func deaf(t *testing.T, address string, n int) []net.Conn {
	t.Helper()
	conns := make([]net.Conn, n)
	for i := range conns {
		var err error
		if conns[i], err = cramped(2048).DialContext(t.Context(), "tcp", address); err != nil {
			t.Fatal(err)
		}
		handshake(t, conns[i])
		say(t, conns[i], `{"type":"command","id":"1","action":"subscribe","symbols":["S*"],"interval":"20ms"}`)
	}
	return conns
}

func hangUp(conns []net.Conn) {
	for _, conn := range conns {
		_ = conn.Close() // the service may have been first
	}
}

// stalled counts the sessions that were closed because the client took nothing.
func (p *program) stalled() float64 {
	p.t.Helper()
	return p.metrics()[`ticker_session_closes_total{code="4008"}`]
}

// crowded opens bad clients, wants them to cost little and nobody else anything, and
// then to be closed.
func (s *stage) crowded(n int, enter func() []net.Conn) {
	s.t.Helper()
	before, earlier := s.program.resident(), s.program.stalled()
	conns := enter()
	defer hangUp(conns)
	s.quiet()
	s.source.awaitRounds(20)
	each := (s.program.resident() - before) / float64(n)
	s.t.Logf("%.0f bytes of memory for each of %d bad clients", each, n)
	if each > clientBytes {
		s.t.Errorf("a bad client costs %.0f bytes, more than %d", each, clientBytes)
	}
	await(s.t, "the bad clients are closed as stalled", func() bool { return s.program.stalled()-earlier >= float64(n) })
	s.quiet()
	s.undisturbed()
}

// stallConfig closes clients as stalled soon.
const stallConfig = pushConfig + "limits: {stall: 5s, per_address: 2000}\nfanout: {heartbeat: 2s}\n"

func TestClientsThatNeverReadCostLittleHarmNobodyAndAreClosed(t *testing.T) {
	t.Parallel()
	s := open(t, setup{config: stallConfig})
	s.crowded(crowdSize, func() []net.Conn {
		conns := deaf(t, s.program.public, crowdSize)
		// Among them a hundred good ones come and stay.
		for range 16 {
			for _, h := range habits() {
				s.crowd = append(s.crowd, watch(t, s.program.public, s.source, h))
			}
		}
		return conns
	})
}

// slowAge bounds the age of what a link of 10 KB/s shows, buffers on the way apart
// that are not the service's. If records queued they would be over a minute old.
const slowAge = 45 * time.Second

// slowLink returns the way over a link of 10 KB/s.
func (s *stage) slowLink() client.Config {
	s.t.Helper()
	slow := between(s.t, s.program.public)
	slow.spoil("narrow", "bandwidth", "down", `"rate":10`)
	return client.Config{URL: "http://" + slow.addr}
}

// leisurely is a connection that is read at 10 KB/s.
type leisurely struct{ net.Conn }

func (c leisurely) Read(p []byte) (int, error) {
	<-time.After(100 * time.Millisecond)
	return c.Conn.Read(p[:min(len(p), 1024)])
}

// slowReader returns the way of a client that reads at 10 KB/s, with a buffer to
// match.
func (s *stage) slowReader() client.Config {
	return client.Config{URL: "http://" + s.program.public, NetDial: func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := cramped(8<<10).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return leisurely{conn}, nil
	}}
}

// slowLinks puts watchers behind a link of 10 KB/s, which 300 symbols ten times a
// second do not fit through, and wants them to get fewer and newer records, and
// the last of each.
func (s *stage) slowLinks(n int, way client.Config) {
	s.t.Helper()
	fill := make([]string, 300)
	for i := range fill {
		fill[i] = fmt.Sprint("WIDE", i)
	}
	wide := pour(s.t, s.program, fill, 5*pace)
	wide.resume()
	wide.awaitRounds(1)
	var crowd []*watcher
	for range n {
		crowd = append(crowd, watchOver(s.t, way, wide, habit{client.WebSocket, wire.JSON, 20 * time.Millisecond, false, true}))
	}
	wide.awaitRounds(30)
	last := wide.hold()
	s.others += wide.rows()
	for _, w := range crowd {
		w.ends(fill, last)
		w.expectSound(last)
		w.expectUndisturbed()
		l, err := w.client.Session(s.t.Context())
		if err != nil || l.Conflated == 0 || w.age() > slowAge {
			s.t.Errorf("over a slow link records were %v old: %+v, %v", w.age(), l, err)
		}
		s.t.Logf("over 10 KB/s: oldest record %v, %d of %d updates conflated", w.age().Round(time.Millisecond), l.Conflated, l.Produced)
	}
	s.quiet()
	s.undisturbed()
}

// comeAndGo has clients connect, ask, and vanish in every way there is.
func (s *stage) comeAndGo(n int) {
	s.t.Helper()
	before := s.sessions()
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			conn, answer, err := websocket.DefaultDialer.DialContext(s.t.Context(), "ws://"+s.program.public+"/v1/ws", nil)
			if err != nil {
				s.t.Errorf("client %d: %v", i, err)
				return
			}
			_ = answer.Body.Close() // it has none
			err = conn.WriteMessage(websocket.TextMessage, []byte(`{"type":"command","id":"1","action":"subscribe","symbols":["S*"]}`))
			if i%2 == 0 {
				_, _, readErr := conn.ReadMessage()
				err = errors.Join(err, readErr)
			}
			if i%3 == 0 {
				err = errors.Join(err, conn.WriteControl(websocket.CloseMessage, nil, time.Now().Add(patience)))
			}
			if err := errors.Join(err, conn.Close()); err != nil {
				s.t.Errorf("client %d: %v", i, err)
			}
		})
	}
	all.Wait()
	await(s.t, "the sessions are gone", func() bool { return s.sessions() <= before })
	s.quiet()
	s.undisturbed()
}

func (s *stage) sessions() float64 {
	return s.program.metrics()[`ticker_sessions{transport="websocket"}`]
}

func TestClientsThatComeAndVanishLeaveNothingBehind(t *testing.T) {
	t.Parallel()
	s := open(t, setup{config: pushConfig})
	s.comeAndGo(300)
}

// nonsense pushes what is no quote, and wants it refused one by one, and prices to
// stay.
func (s *stage) nonsense() {
	s.t.Helper()
	last := s.source.hold()
	for _, bad := range []string{
		"\x00\x01\xff\xfe", `{"symbol":"S0","bid":NaN}`, `{"symbol":"S0","bid":1e400}`, `{"symbol":"S0","bidSize":-1}`,
		`{"symbol":"S0","bid":"` + strings.Repeat("9", 39) + `"}`, `{"symbol":"` + strings.Repeat("S", 40) + `","bid":1}`,
		`{"symbol":"s0","bid":1}`, `{"symbol":"S0"}`, `[{"symbol":"S0","bid":`, `{"symbol":"S0","status":"odd"}`,
	} {
		status, text := s.program.push(bad)
		if status != http.StatusOK && status != http.StatusBadRequest || strings.Contains(text, `"accepted":1`) {
			s.t.Errorf("%q is answered %d %s", bad, status, text)
		}
	}
	for _, symbol := range s.source.symbols {
		_, text := s.program.get("/v1/snapshot?symbols=" + symbol)
		if !strings.Contains(text, fmt.Sprintf(`"bid":%d,`, last)) {
			s.t.Errorf("nonsense moved a price from %d: %s", last, text)
		}
	}
	s.source.resume()
	s.quiet()
	s.undisturbed()
}
