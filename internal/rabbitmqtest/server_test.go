package rabbitmqtest

import (
	"fmt"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// connect opens a channel on the server.
func connect(t *testing.T, s *Server) *amqp.Channel {
	t.Helper()
	connection, err := amqp.Dial(s.URL())
	if err != nil {
		t.Fatal(err)
	}
	// A connection that the test broke says so again when it is closed.
	t.Cleanup(func() { _ = connection.Close() })
	channel, err := connection.Channel()
	if err != nil {
		t.Fatal(err)
	}
	return channel
}

// put publishes a message that outlives the server, and waits until it is safe.
func put(t *testing.T, channel *amqp.Channel, queue, body string) {
	t.Helper()
	if _, err := channel.QueueDeclare(queue, true, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	if err := channel.Confirm(false); err != nil {
		t.Fatal(err)
	}
	message := amqp.Publishing{DeliveryMode: amqp.Persistent, Body: []byte(body)}
	confirmation, err := channel.PublishWithDeferredConfirmWithContext(t.Context(), "", queue, true, false, message)
	if err != nil {
		t.Fatal(err)
	}
	if ok, err := confirmation.WaitContext(t.Context()); err != nil || !ok {
		t.Fatal(ok, err)
	}
}

// get takes a message without acknowledging it.
func get(t *testing.T, channel *amqp.Channel, queue string) string {
	t.Helper()
	message, _, err := channel.Get(queue, false)
	if err != nil {
		t.Fatal(err)
	}
	return string(message.Body)
}

// Starting a server is most of what these tests cost, so one life has all faults.
func TestAQueueOutlivesWhatBefallsTheServer(t *testing.T) {
	t.Parallel()
	server := Start(t, Options{})
	put(t, connect(t, server), "q", "a")

	server.Kill(t)
	dialer := net.Dialer{}
	if conn, err := dialer.DialContext(t.Context(), "tcp", server.Addr()); err == nil {
		t.Error("a killed server takes connections", conn.Close())
	}
	server.Restart(t)
	if got := get(t, connect(t, server), "q"); got != "a" {
		t.Errorf("after a kill the queue has %q", got)
	}
	server.Restart(t)
	channel := connect(t, server)
	if got := get(t, channel, "q"); got != "a" {
		t.Errorf("after a restart the queue has %q", got)
	}

	server.Pause(t)
	conn, err := dialer.DialContext(t.Context(), "tcp", server.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if _, err := fmt.Fprint(conn, "AMQP\x00\x00\x09\x01"); err != nil {
		t.Fatal(err)
	}
	if n, err := conn.Read(make([]byte, 1)); err == nil {
		t.Errorf("a paused server answers %d bytes", n)
	}
	server.Resume(t)
	put(t, channel, "other", "b")
}

func TestASharedServerIsOneAndLeavesNothing(t *testing.T) {
	t.Parallel()
	var shared Shared
	if code := shared.Close(3); code != 3 {
		t.Errorf("closing what was not started turns code 3 into %d", code)
	}
	server := shared.Server(t)
	if shared.Server(t) != server {
		t.Error("there are two of them")
	}
	put(t, connect(t, server), "q", "a")
	if code := shared.Close(0); code != 0 {
		t.Errorf("closing it gives code %d", code)
	}
	if _, err := os.Stat(server.dir); !os.IsNotExist(err) {
		t.Errorf("its data are still there: %v", err)
	}
}

func TestAServerThatDoesNotStartSaysWhy(t *testing.T) {
	t.Parallel()
	_, err := launch(Options{Settings: map[string]string{"channel_max": "none"}})
	if err == nil {
		t.Fatal("it started")
	}
	if text := err.Error(); !strings.Contains(text, "channel_max") {
		t.Errorf("its log is not in the error: %s", text)
	}
}
