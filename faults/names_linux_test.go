package faults_test

import (
	"errors"
	"net"
	"net/netip"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

// What a server of names answers, in the codes of its protocol.
const (
	nameKnown   = 0
	nameTrouble = 2 // the server cannot tell
	nameUnknown = 3
	noAnswer    = 255 // it says nothing, for which there is no code
)

// answer is what a server of names says of a name.
type answer struct {
	code byte
	addr netip.Addr // of IPv4, if the name is known
}

// headerBytes is the length of what goes before the name in a question.
const headerBytes = 12

// question is one of a resolver, without what may stand behind it.
type question struct {
	text    []byte
	name    string
	forIPv4 bool
}

// parseQuestion trusts whoever asks: nobody else is in the network.
func parseQuestion(message []byte) (q question) {
	end := headerBytes
	for size := int(message[end]); size > 0; size = int(message[end]) {
		q.name += string(message[end+1:end+1+size]) + "."
		end += 1 + size
	}
	end += 5 // the empty label, kind and class
	q.text, q.forIPv4 = append([]byte(nil), message[:end]...), message[end-3] == 1
	return q
}

// to makes a question the message that answers it.
func (a answer) to(q question) []byte {
	message := q.text
	message[2] |= 0x80
	message[3] = 0x80 | a.code
	copy(message[4:], []byte{0, 1, 0, 0, 0, 0, 0, 0}) // one question, and nothing behind it
	if a.code != nameKnown || !q.forIPv4 {
		return message
	}
	message[7] = 1
	// The name that stands behind the header, kind and class, 0 s to live, 4 bytes.
	message = append(message, 0xc0, headerBytes, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4)
	return append(message, a.addr.AsSlice()...)
}

// host is what a server of names knows by one.
type host struct {
	tries  tries // the questions for its IPv4 address
	answer atomic.Pointer[answer]
}

func (h *host) is(a answer) { h.answer.Store(&a) }

// hosts are all names that are asked for, with a dot at the end.
type hosts map[string]*host

// serve makes the hosts those of all programs of a namespace, until the test ends.
func (h hosts) serve(t *testing.T) {
	t.Helper()
	// What is mounted from here on must not be seen by anybody else.
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		t.Fatal(err)
	}
	// The directory holds nothing else, so that there are no other sources of names.
	mount(t, "/etc", "1m")
	for name, text := range map[string]string{
		"/etc/resolv.conf": "nameserver 127.0.0.1\nsearch .\noptions timeout:1 attempts:1\n",
		// The port of names is not for everybody to serve.
		"/proc/sys/net/ipv4/ip_unprivileged_port_start": "0",
	} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var listen net.ListenConfig
	conn, err := listen.ListenPacket(t.Context(), "udp", "127.0.0.1:53")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		if err := h.converse(conn); !errors.Is(err, net.ErrClosed) {
			t.Errorf("serve names: %v", err)
		}
	})
	t.Cleanup(func() {
		_ = conn.Close() // it was only listened to
		serving.Wait()
	})
}

// converse answers until the connection ends.
func (h hosts) converse(conn net.PacketConn) error {
	message := make([]byte, 1500)
	for {
		size, from, err := conn.ReadFrom(message)
		if err != nil {
			return err
		}
		q := parseQuestion(message[:size])
		a := answer{code: nameUnknown}
		if asked := h[q.name]; asked != nil {
			a = *asked.answer.Load()
			if q.forIPv4 {
				asked.tries.note()
			}
		}
		if a.code == noAnswer {
			continue
		}
		if _, err := conn.WriteTo(a.to(q), from); err != nil {
			return err
		}
	}
}

func TestAnExchangeWhoseNameIsLostOrWrongIsStaleAndComesBackByItself(t *testing.T) {
	t.Parallel()
	if !apart(t) {
		return
	}
	loopback(t)
	here, nobody := answer{addr: netip.MustParseAddr("127.0.0.1")}, answer{addr: netip.MustParseAddr("127.0.0.2")}
	names := make(hosts)
	var upstreams []*upstream
	for _, c := range []struct {
		name  string
		bad   answer
		cause string
	}{
		{"good", here, ""},
		{"lost", answer{code: nameUnknown}, "no such host"},
		{"trouble", answer{code: nameTrouble}, "server misbehaving"},
		{"silent", answer{code: noAnswer}, "i/o timeout"},
		{"moved", nobody, "connect: connection refused"},
	} {
		e, h := newExchange(t), &host{}
		h.is(here)
		names[c.name+".test."] = h
		_, port, err := net.SplitHostPort(e.addr())
		if err != nil {
			t.Fatal(err)
		}
		upstreams = append(upstreams, &upstream{
			name: c.name, url: "ws://" + c.name + ".test:" + port, exchange: e, tries: &h.tries, cause: c.cause,
			spoil: func() { h.is(c.bad) }, mend: func() { h.is(here) },
		})
	}
	names.serve(t)
	openOutage(t, []string{"NO_PROXY=*"}, upstreams).run() // a proxy would ask for names itself
}
