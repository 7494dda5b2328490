package faults_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"runtime"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"ticker/client"
	"ticker/wire"
)

// smallBuffers makes receive buffers of a new network as small as on a link whose
// speed was found out: else what a proxy holds back is what it buffers.
func smallBuffers(t *testing.T) {
	t.Helper()
	if err := os.WriteFile("/proc/sys/net/ipv4/tcp_rmem", []byte("4096 16384 16384"), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestClientsBehindSlowLinksGetFewerNewerRecordsAndAreNeverClosed(t *testing.T) {
	t.Parallel()
	if !apart(t) {
		return
	}
	loopback(t)
	smallBuffers(t)
	s := open(t, setup{config: "feeds: ['push:']\nhistory: {url: 'off'}\n"})
	s.slowLinks(3, s.slowLink())
	if n := s.program.stalled(); n != 0 {
		t.Errorf("%.0f sessions were closed", n)
	}
}

// The two ends of a cable between the service's network and another.
const (
	hereAddr, thereAddr = "10.99.0.1", "10.99.0.2"
	cable               = "cable0"
)

// there is another network, on the other end of a cable. What is dialled from there
// goes over it.
type there struct {
	t      *testing.T
	work   chan func() // done on a thread that lives there
	thread int
}

// plug connects another network until the test ends.
func plug(t *testing.T) *there {
	t.Helper()
	n := &there{t: t, work: make(chan func())}
	ready := make(chan error, 1)
	var living sync.WaitGroup
	living.Go(func() {
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			ready <- err
			return
		}
		ready <- nil
		for do := range n.work {
			do()
		}
	})
	t.Cleanup(func() {
		close(n.work)
		living.Wait()
	})
	if err := <-ready; err != nil {
		t.Fatalf("make a network: %v", err)
	}
	n.do(func() { n.thread = unix.Gettid() })
	system(t, "ip", "link", "add", cable, "type", "veth", "peer", "name", "cable1", "netns", fmt.Sprint(n.thread))
	system(t, "ip", "address", "add", hereAddr+"/24", "dev", cable)
	system(t, "ip", "link", "set", cable, "up")
	n.do(func() {
		system(t, "ip", "address", "add", thereAddr+"/24", "dev", "cable1")
		system(t, "ip", "link", "set", "cable1", "up")
	})
	return n
}

// do runs something over there, and waits for it.
func (n *there) do(work func()) {
	done := make(chan struct{})
	n.work <- func() {
		defer close(done)
		work()
	}
	<-done
}

// dial connects from over there.
func (n *there) dial(ctx context.Context, _, address string) (conn net.Conn, err error) {
	dialer := net.Dialer{Timeout: 5 * time.Second, FallbackDelay: -1}
	n.do(func() { conn, err = dialer.DialContext(ctx, "tcp4", address) })
	return conn, err
}

// prefix is a command that runs another over there.
func (n *there) prefix() []string {
	return []string{"nsenter", fmt.Sprintf("--net=/proc/%d/task/%d/ns/net", os.Getpid(), n.thread)}
}

// lend makes a port of the loopback address one of this end of the cable, too.
func lend(t *testing.T, port string) {
	t.Helper()
	if err := os.WriteFile("/proc/sys/net/ipv4/conf/"+cable+"/route_localnet", []byte("1"), 0o600); err != nil {
		t.Fatal(err)
	}
	system(t, "nft", "add table ip lent; add chain ip lent in { type nat hook prerouting priority -100; }; "+
		"add rule ip lent in iifname "+cable+" tcp dport "+port+" dnat to 127.0.0.1")
}

// narrow lets no more than some bits a second, as 80kbit, through to the other end.
func narrow(t *testing.T, rate string) {
	t.Helper()
	system(t, "tc", "qdisc", "replace", "dev", cable, "root", "tbf", "rate", rate, "burst", "4kb", "latency", "200ms")
}

// widen lets everything through again.
func widen(t *testing.T) {
	t.Helper()
	system(t, "tc", "qdisc", "delete", "dev", cable, "root")
}

// part lets nothing through in either direction, and says nothing to either end.
func part(t *testing.T) {
	t.Helper()
	drop(t, "", "")
}

// partFrom does so with what goes to and from one port on this side.
func partFrom(t *testing.T, port string) {
	t.Helper()
	drop(t, "tcp dport "+port, "tcp sport "+port)
}

// drop drops what comes in over the cable and goes out, where it is of a kind.
func drop(t *testing.T, in, out string) {
	t.Helper()
	system(t, "nft", "add table inet faults; "+
		"add chain inet faults in { type filter hook input priority 0; }; "+
		"add chain inet faults out { type filter hook output priority 0; }; "+
		"add rule inet faults in iifname "+cable+" "+in+" drop; add rule inet faults out oifname "+cable+" "+out+" drop")
}

func rejoin(t *testing.T) {
	t.Helper()
	system(t, "nft", "delete table inet faults")
}

func onCable(t *testing.T, config string) (*stage, *there) {
	t.Helper()
	loopback(t)
	far := plug(t)
	return open(t, setup{config: config + "auth: {mode: none}\n", host: hereAddr}), far
}

func TestOverANarrowNetworkRecordsStayNewAndThroughAPartitionTheyComeBack(t *testing.T) {
	t.Parallel()
	if !apart(t) {
		return
	}
	s, far := onCable(t, "feeds: ['push:']\nhistory: {url: 'off'}\n")
	way := client.Config{URL: "http://" + s.program.public, NetDial: far.dial}
	narrow(t, "80kbit") // 10 KB/s
	s.slowLinks(1, way)

	away := watchOver(t, way, s.source, habit{client.WebSocket, wire.JSON, time.Second, false, true})
	near := s.crowd
	part(t)
	s.source.awaitRounds(100)
	s.quiet()
	// TCP finds out by itself that a partition is over: nobody need be closed.
	rejoin(t)
	s.crowd = append(near, away)
	s.quiet()
	s.undisturbed()
}

func TestClientsThatAreGoneWithoutAWordCostLittleHarmNobodyAndAreClosed(t *testing.T) {
	t.Parallel()
	if !apart(t) {
		return
	}
	s, far := onCable(t, stallConfig)
	s.crowded(crowdSize, func() []net.Conn {
		conns := make([]net.Conn, crowdSize)
		for i := range conns {
			var err error
			if conns[i], err = far.dial(t.Context(), "tcp", s.program.public); err != nil {
				t.Fatal(err)
			}
			handshake(t, conns[i])
			say(t, conns[i], `{"type":"command","id":"1","action":"subscribe","symbols":["S*"],"interval":"1s"}`)
		}
		s.program.awaitMetric("ticker_subscriptions", func(n float64) bool { return n >= crowdSize })
		part(t)
		return conns
	})
}
