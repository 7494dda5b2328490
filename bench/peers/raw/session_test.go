package raw

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"ticker/bench/peers/peer/peertest"
	"ticker/bench/peers/stream"
	"ticker/market"
)

// rig is a session whose client is at the other end of a pair of sockets, and
// reads when it is told to.
type rig struct {
	t      *testing.T
	market *stream.Market
	one    *session
	client int
	frame  stream.Frame
}

func newRig(t *testing.T) *rig {
	t.Helper()
	pair, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	m := peertest.Config(t, 50, 1).Market
	r := &rig{t: t, market: m, one: &session{fd: pair[0], view: m.View([]string{"*"})}, client: pair[1]}
	t.Cleanup(func() {
		r.one.close()
		_ = unix.Close(r.client)
	})
	return r
}

// flush changes every symbol, unless the market is quiet, and flushes.
func (r *rig) flush(quiet bool) {
	r.t.Helper()
	for i := 0; !quiet && i < r.market.Symbols(); i++ {
		u := market.Update{Symbol: market.Symbol(r.market.Symbol(i)), TS: 1}
		u.Put(market.Bid, market.NewDecimal(int64(r.market.News(i)), 0))
		r.market.Update(&u)
	}
	if !r.one.flush(&r.frame) {
		r.t.Fatal("the session ended")
	}
}

// read returns what has come to the client.
func (r *rig) read() []byte {
	var all []byte
	for {
		chunk := make([]byte, 1<<16)
		n, err := unix.Read(r.client, chunk)
		if err != nil || n <= 0 {
			return all
		}
		all = append(all, chunk[:n]...)
	}
}

// stuff fills all the room there is with something else.
func (r *rig) stuff() {
	for room := true; room; {
		n, err := tryWrite(r.one.fd, make([]byte, 1<<10))
		room = n > 0 && err == nil
	}
}

// checkWhole checks that bytes are so many whole frames, and that the newest
// record of every symbol is in the last.
func (r *rig) checkWhole(frames int, all []byte) {
	r.t.Helper()
	last := ""
	for ; len(all) > 0; frames-- {
		size := 4 + int(all[2])<<8 + int(all[3])
		if all[0] != 0x81 || all[1] != mediumMark || size > len(all) {
			r.t.Fatalf("%d bytes are no whole frame: %q…", len(all), all[:min(len(all), 40)])
		}
		last, all = string(all[4:size]), all[size:]
	}
	if frames != 0 {
		r.t.Fatalf("%d frames are missing", frames)
	}
	for i := range r.market.Symbols() {
		if record, _ := r.market.Append(nil, i); !strings.Contains(last, string(record)) {
			r.t.Fatalf("%s is not in %s", record, last)
		}
	}
}

func TestWhatFoundNoRoomIsSentWhenThereIsRoom(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.stuff()
	r.flush(false)
	r.flush(false)
	r.read()
	r.flush(true)
	r.checkWhole(1, r.read())
	r.flush(true)
	if again := r.read(); len(again) > 0 {
		t.Errorf("sent again: %s", again)
	}
}

func TestFrameThatWentOutInPartIsFinishedFirst(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.flush(false)
	whole := r.read()
	r.flush(false)
	// As if the kernel had taken only the beginning.
	second := r.read()
	r.one.rest = bytes.Clone(second[100:])
	r.flush(false)
	r.checkWhole(3, append(append(whole, second[:100]...), r.read()...))
	if len(r.one.rest) > 0 {
		t.Errorf("%d bytes are left", len(r.one.rest))
	}
}

func TestSessionEndsWhenItsClientIsGone(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	if err := unix.Shutdown(r.client, unix.SHUT_RDWR); err != nil {
		t.Fatal(err)
	}
	for _, rest := range []string{"", "rest"} {
		r.one.rest = []byte(rest)
		r.one.fixed = []byte("frame")
		if r.one.flush(&r.frame) {
			t.Errorf("with %q left it goes on", rest)
		}
	}
}
