package redis_test

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// road is the network between a sink and the server. What is sent on it while it is
// closed arrives late, after its sender has given up.
type road struct {
	t        *testing.T
	listener net.Listener
	server   string
	closed   atomic.Bool
	running  sync.WaitGroup
	late     chan parcel
}

// parcel is what one connection has on its way.
type parcel struct {
	to    *net.TCPConn
	bytes []byte
}

func newRoad(t *testing.T, server string) *road {
	t.Helper()
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &road{t: t, listener: listener, server: server, late: make(chan parcel, 1)}
	r.running.Go(r.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		r.running.Wait()
	})
	return r
}

func (r *road) accept() {
	for {
		sink, err := r.listener.Accept()
		if err != nil {
			return
		}
		var dialer net.Dialer
		conn, err := dialer.DialContext(r.t.Context(), "tcp", r.server)
		if err != nil {
			r.t.Error(err)
			_ = sink.Close()
			return
		}
		server := conn.(*net.TCPConn)
		r.running.Go(func() { _, _ = io.Copy(sink, server) })
		r.running.Go(func() { r.carry(sink, server) })
	}
}

// carry passes what a sink says until it ends, and keeps what is late.
func (r *road) carry(sink io.ReadCloser, server *net.TCPConn) {
	var late []byte
	buffer := make([]byte, 4096)
	for {
		n, err := sink.Read(buffer)
		if r.closed.Load() {
			late = append(late, buffer[:n]...)
		} else {
			_, _ = server.Write(buffer[:n])
		}
		if err != nil {
			break
		}
	}
	_ = sink.Close()
	if late == nil {
		_ = server.Close()
		return
	}
	r.late <- parcel{server, late}
}

// deliver brings what is late, and waits until the server is done with it.
func (r *road) deliver() {
	p := <-r.late
	_, _ = p.to.Write(p.bytes)
	_ = p.to.CloseWrite()
	_, _ = io.Copy(io.Discard, p.to)
	_ = p.to.Close()
}
