package rabbitmqtest

import (
	"strings"
	"testing"

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
	server.Restart(t)
	if got := get(t, connect(t, server), "q"); got != "a" {
		t.Errorf("after a kill the queue has %q", got)
	}
	server.Restart(t)
	if got := get(t, connect(t, server), "q"); got != "a" {
		t.Errorf("after a restart the queue has %q", got)
	}
}

func TestAServerThatDoesNotStartSaysWhy(t *testing.T) {
	t.Parallel()
	_, err := Options{Settings: map[string]string{"channel_max": "none"}}.Launch()
	if err == nil {
		t.Fatal("it started")
	}
	if text := err.Error(); !strings.Contains(text, "channel_max") {
		t.Errorf("its log is not in the error: %s", text)
	}
}
