package server

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"ticker/wire"
)

// openTestParking opens a parking until the test ends.
func openTestParking(t *testing.T) *parking {
	t.Helper()
	p, err := openParking()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.close() })
	return p
}

// expect waits for the one number that must be reported next.
func (p *parking) expect(t *testing.T, want uint64) {
	t.Helper()
	if err := p.waitUntil(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if got, err := p.wait(nil); err != nil || len(got) != 1 || got[0] != want {
		t.Fatalf("%x, %v reported, want %x", got, err, want)
	}
}

// expectNothing says that nothing is to be reported.
func (p *parking) expectNothing(t *testing.T) {
	t.Helper()
	if err := p.waitUntil(time.Now().Add(20 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if got, err := p.wait(nil); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatalf("%x, %v reported, want nothing", got, err)
	}
}

func parkConn(t *testing.T, p *parking, conn *net.TCPConn, number uint64) {
	t.Helper()
	if err := p.park(conn, number); err != nil {
		t.Fatal(err)
	}
}

func TestParkedConnectionIsReportedOncePerParking(t *testing.T) {
	t.Parallel()
	p := openTestParking(t)
	near, far := tcpPair(t)
	const number = 0xfedc_ba98_7654_3210
	parkConn(t, p, near, number)
	p.expectNothing(t)
	if _, err := far.Write([]byte("ab")); err != nil {
		t.Fatal(err)
	}
	p.expect(t, number)
	p.expectNothing(t)
	if _, err := io.ReadFull(near, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	parkConn(t, p, near, number+1) // with a byte that waits
	p.expect(t, number+1)
	if _, err := io.ReadFull(near, make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	parkConn(t, p, near, number+2)
	p.expectNothing(t)
	if err := far.Close(); err != nil {
		t.Fatal(err)
	}
	p.expect(t, number+2)
}

func TestParkingForgetsAConnectionThatIsClosed(t *testing.T) {
	t.Parallel()
	p := openTestParking(t)
	near, far := tcpPair(t)
	parkConn(t, p, near, 1)
	if err := near.Close(); err != nil {
		t.Fatal(err)
	}
	if err := far.Close(); err != nil {
		t.Fatal(err)
	}
	p.expectNothing(t)
	if err := p.park(near, 2); !errors.Is(err, net.ErrClosed) {
		t.Errorf("park: %v", err)
	}
}

func TestClosingTheParkingEndsTheWait(t *testing.T) {
	t.Parallel()
	p := openTestParking(t)
	var waiting sync.WaitGroup
	waiting.Go(func() {
		if got, err := p.wait(nil); err == nil || errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("%x, %v", got, err)
		}
	})
	if err := p.close(); err != nil {
		t.Error(err)
	}
	waiting.Wait()
}

func TestClientThatIsEndedJustBeforeItIsParkedIsAttendedTo(t *testing.T) {
	t.Parallel()
	s := idleServer(t)
	s.parking = openTestParking(t)
	near, far := tcpPair(t)
	place, full := s.clients.reserve(netip.Prefix{}, s.live.Load())
	if full != nil {
		t.Fatal(full)
	}
	c, err := s.newClient(place.number, nil, near, wire.JSON)
	if err != nil {
		t.Fatal(err)
	}
	s.clients.enter(place, c)
	c.end(endGoingAway())
	if err := c.park(); err != nil {
		t.Fatal(err)
	}
	got, err := io.ReadAll(far)
	if want := endGoingAway().frame(); err != nil || !bytes.Equal(got, want) {
		t.Errorf("the client was sent %x, %v", got, err)
	}
	if err := far.Close(); err != nil {
		t.Fatal(err)
	}
	s.clients.wait()
}

func TestManyParkedConnectionsAreAllReported(t *testing.T) {
	t.Parallel()
	p := openTestParking(t)
	const conns = 300 // more than are reported at one time
	left := make(map[uint64]bool)
	for i := range uint64(conns) {
		near, far := tcpPair(t)
		parkConn(t, p, near, i)
		if err := far.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		left[i] = true
	}
	if err := p.waitUntil(time.Now().Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	for len(left) > 0 {
		numbers, err := p.wait(nil)
		if err != nil {
			t.Fatalf("%v, and %d connections were not reported", err, len(left))
		}
		for _, n := range numbers {
			delete(left, n)
		}
	}
}
