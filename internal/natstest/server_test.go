package natstest

import (
	"errors"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

func connect(t *testing.T, s *Server) *nats.Conn {
	t.Helper()
	conn, err := nats.Connect(s.URL(), nats.NoReconnect())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

func TestWhatAStreamHoldsOutlivesAStopAndAKill(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	addr := s.Addr()
	for i, end := range []func(testing.TB){s.Stop, s.Kill, func(testing.TB) {}} {
		js, err := jetstream.New(connect(t, s))
		if err != nil {
			t.Fatal(err)
		}
		stream, err := js.CreateOrUpdateStream(t.Context(), jetstream.StreamConfig{Name: "Q", Subjects: []string{"q"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := js.Publish(t.Context(), "q", nil); err != nil {
			t.Fatal(err)
		}
		if info, err := stream.Info(t.Context()); err != nil || info.State.Msgs != uint64(i+1) {
			t.Errorf("%d messages, want %d: %v", info.State.Msgs, i+1, err)
		}
		end(t)
		s.Restart(t)
	}
	if s.Addr() != addr {
		t.Errorf("it moved from %s to %s", addr, s.Addr())
	}
}

func TestAServerThatIsPausedKeepsItsConnectionsAndSaysNothing(t *testing.T) {
	t.Parallel()
	s := Start(t, Options{})
	conn := connect(t, s)
	s.Pause(t)
	if err := conn.FlushTimeout(100 * time.Millisecond); !errors.Is(err, nats.ErrTimeout) {
		t.Errorf("answer of a paused server: %v", err)
	}
	s.Resume(t)
	if err := conn.FlushTimeout(patience); err != nil {
		t.Errorf("after Resume: %v", err)
	}
}

func TestTheServerIsGoneWithItsTest(t *testing.T) {
	t.Parallel()
	var port int
	var process *os.Process
	t.Run("test", func(t *testing.T) {
		s := Start(t, Options{Config: `authorization { user: ann, password: pass }`})
		port, process = s.port, s.process
		s.Pause(t) // it must end all the same
	})
	if _, err := net.DialTCP("tcp4", nil, &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}); err == nil {
		t.Error("somebody still listens")
	}
	if err := process.Signal(os.Interrupt); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("signal to a server that is gone: %v", err)
	}
}

func TestAServerThatCannotStartSaysWhy(t *testing.T) {
	t.Parallel()
	_, err := launch(Options{Config: "no such setting"}, t.TempDir())
	if err == nil || !strings.Contains(err.Error(), "line 3") {
		t.Errorf("error %v, want the line in it", err)
	}
}
