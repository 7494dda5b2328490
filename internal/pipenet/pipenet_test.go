package pipenet_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"ticker/internal/pipenet"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pair returns the two ends of a connection.
func pair(t testing.TB, room int) (client, server net.Conn) {
	t.Helper()
	l := pipenet.Listen(room)
	t.Cleanup(func() { _ = l.Close() })
	var accepting sync.WaitGroup
	accepting.Go(func() {
		var err error
		if server, err = l.Accept(); err != nil {
			t.Error(err)
		}
	})
	client, err := l.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	accepting.Wait()
	t.Cleanup(func() {
		_ = client.Close()
		_ = server.Close()
	})
	return client, server
}

func TestBytesArriveInOrderWhateverTheSizesOfReadsAndWrites(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.SliceOfN(rapid.Byte(), 0, 2000).Draw(rt, "text")
		room := rapid.IntRange(1, 64).Draw(rt, "room")
		writes := rapid.IntRange(1, 200).Draw(rt, "bytes a write")
		reads := rapid.IntRange(1, 200).Draw(rt, "bytes a read")
		client, server := pair(t, room)
		var writing sync.WaitGroup
		writing.Go(func() {
			defer func() { _ = client.Close() }()
			for rest := text; len(rest) > 0; {
				n, err := client.Write(rest[:min(writes, len(rest))])
				if err != nil {
					t.Error(err)
					return
				}
				rest = rest[n:]
			}
		})
		var got bytes.Buffer
		if _, err := io.CopyBuffer(&got, struct{ io.Reader }{server}, make([]byte, reads)); err != nil {
			rt.Error(err)
		}
		writing.Wait()
		if !bytes.Equal(got.Bytes(), text) {
			rt.Errorf("read %x, wrote %x", got.Bytes(), text)
		}
	})
}

func TestWriterWaitsOnceTheRoomIsTaken(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, server := pair(t, 4)
		if err := client.SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		n, err := client.Write([]byte("123456"))
		if n != 4 || !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Minute {
			t.Errorf("wrote %d bytes, %v after %v", n, err, time.Since(start))
		}
		got := make([]byte, 9)
		if n, err := server.Read(got); n != 4 || err != nil {
			t.Errorf("read %d bytes, %v", n, err)
		}
	})
}

func TestReadDeadlineEndsAWaitAndCanBeMoved(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		client, _ := pair(t, 4)
		start := time.Now()
		for _, wait := range []time.Duration{time.Hour, time.Second} {
			if err := client.SetDeadline(start.Add(wait)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Second {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		if err := client.SetReadDeadline(time.Time{}); err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Minute, func() { _ = client.SetReadDeadline(start) })
		if _, err := client.Read(make([]byte, 1)); !errors.Is(err, os.ErrDeadlineExceeded) || time.Since(start) != time.Minute+time.Second {
			t.Errorf("a deadline in the past ended the wait with %v after %v", err, time.Since(start))
		}
	})
}

func TestHalfClosedConnectionStillCarriesTheOtherDirection(t *testing.T) {
	t.Parallel()
	client, server := pair(t, 16)
	if _, err := client.Write([]byte("question")); err != nil {
		t.Fatal(err)
	}
	if err := client.(*pipenet.Conn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(server); string(got) != "question" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
	if _, err := server.Write([]byte("answer")); err != nil {
		t.Fatal(err)
	}
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	if got, err := io.ReadAll(client); string(got) != "answer" || err != nil {
		t.Errorf("read %q, %v", got, err)
	}
	if _, err := client.Write([]byte("more")); !errors.Is(err, net.ErrClosed) {
		t.Errorf("write after CloseWrite: %v", err)
	}
}

func TestCloseEndsBothSides(t *testing.T) {
	t.Parallel()
	client, server := pair(t, 16)
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := client.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("own read: %v", err)
	}
	if _, err := server.Read(make([]byte, 1)); !errors.Is(err, io.EOF) {
		t.Errorf("peer's read: %v", err)
	}
	if _, err := server.Write([]byte("x")); !errors.Is(err, syscall.EPIPE) {
		t.Errorf("peer's write: %v", err)
	}
}

func TestDialEndsWithTheListenerOrTheContext(t *testing.T) {
	t.Parallel()
	l := pipenet.Listen(1)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := l.Dial(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("dial that nobody accepts: %v", err)
	}
	for range 2 {
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := l.Dial(t.Context()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("dial to a closed listener: %v", err)
	}
	if _, err := l.Accept(); !errors.Is(err, net.ErrClosed) {
		t.Errorf("accept on a closed listener: %v", err)
	}
}
