package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

const (
	// patience bounds the time to a connection that is open.
	patience = 10 * time.Second
	// farewell is how long the server has to answer that we go.
	farewell = time.Second
	// clientName is shown beside the connection and the consumer.
	clientName = "ticker"
)

// link is one connection, with the channel that the queue is read on.
type link struct {
	connection *amqp.Connection
	channel    *amqp.Channel
	deliveries <-chan amqp.Delivery

	// Why it ended. Each has room for the one thing that the library says there: it
	// would wait for a reader otherwise.
	lost    <-chan *amqp.Error // the connection
	closed  <-chan *amqp.Error // the channel
	blocked <-chan amqp.Blocking
}

// connect makes a connection that reads the queue. While it does, the end of ctx
// closes the connection: the library knows of no contexts.
func (s *Source) connect(ctx context.Context) (*link, error) {
	properties := amqp.NewConnectionProperties()
	properties.SetClientConnectionName(clientName)
	var socket net.Conn
	release := func() bool { return true }
	connection, err := amqp.DialConfig(s.address.String(), amqp.Config{
		Heartbeat:  s.cfg.Heartbeat,
		Properties: properties,
		Dial: func(network, address string) (net.Conn, error) {
			dialer := net.Dialer{Timeout: patience}
			var err error
			if socket, err = dialer.DialContext(ctx, network, address); err != nil {
				return nil, err
			}
			release = context.AfterFunc(ctx, func() { _ = socket.Close() })
			return socket, socket.SetDeadline(time.Now().Add(patience))
		},
	})
	if err != nil {
		release()
		if socket != nil {
			_ = socket.Close() // the library leaves it open when it is refused
		}
		return nil, s.failure(ctx, err)
	}
	l := &link{connection: connection}
	err = s.open(l)
	if !release() || err != nil {
		l.close()
		return nil, s.failure(ctx, err)
	}
	return l, nil
}

// failure says why there is no connection.
func (s *Source) failure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return fmt.Errorf("connect to rabbitmq at %s: %w", s.address.Host, err)
}

// open makes the channel of a connection, and what is to be declared.
func (s *Source) open(l *link) (err error) {
	l.lost = l.connection.NotifyClose(make(chan *amqp.Error, 1))
	l.blocked = l.connection.NotifyBlocked(make(chan amqp.Blocking, 1))
	if l.channel, err = l.connection.Channel(); err != nil {
		return fmt.Errorf("open channel: %w", err)
	}
	l.closed = l.channel.NotifyClose(make(chan *amqp.Error, 1))
	if err := l.channel.Qos(s.cfg.Prefetch, 0, false); err != nil {
		return fmt.Errorf("set prefetch: %w", err)
	}
	if err := s.declare(l); err != nil {
		return err
	}
	for _, key := range s.cfg.RoutingKeys {
		if err := l.channel.QueueBind(s.cfg.Queue, key, s.cfg.Exchange, false, nil); err != nil {
			return fmt.Errorf("bind queue %q to exchange %q: %w", s.cfg.Queue, s.cfg.Exchange, err)
		}
	}
	if l.deliveries, err = l.channel.Consume(s.cfg.Queue, clientName, false, false, false, false, nil); err != nil {
		return fmt.Errorf("read queue %q: %w", s.cfg.Queue, err)
	}
	return nil
}

// declare makes the queue if it is to be made. One that is there keeps its
// arguments, a dead-letter exchange say: declaring it with others is refused. Asking
// for one that is not there ends the channel that it is asked on.
func (s *Source) declare(l *link) error {
	if !s.cfg.Declare {
		return nil
	}
	probe, err := l.connection.Channel()
	if err != nil {
		return fmt.Errorf("open channel: %w", err)
	}
	_, err = probe.QueueDeclarePassive(s.cfg.Queue, true, false, false, false, nil)
	var refused *amqp.Error
	if errors.As(err, &refused) && refused.Code == amqp.NotFound {
		_, err = l.channel.QueueDeclare(s.cfg.Queue, true, false, false, false, nil)
	} else if err == nil {
		err = probe.Close()
	}
	if err != nil {
		return fmt.Errorf("declare queue %q: %w", s.cfg.Queue, err)
	}
	return nil
}

// ending says why there are no more deliveries. The library says why before it ends
// them.
func (l *link) ending() error {
	if err := reason(l.lost); err != nil && err.Server {
		return fmt.Errorf("connection closed by rabbitmq: %w", err)
	} else if err != nil {
		return fmt.Errorf("connection to rabbitmq lost: %w", err)
	}
	if err := reason(l.closed); err != nil {
		return fmt.Errorf("channel closed by rabbitmq: %w", err)
	}
	return errors.New("reading ended by rabbitmq: the queue was deleted, or is gone with its node")
}

// reason returns what was said about an end, nil if nothing was.
func reason(of <-chan *amqp.Error) *amqp.Error {
	select {
	case err := <-of:
		return err
	default:
		return nil
	}
}

// close says farewell. An error says only that the connection has ended already.
func (l *link) close() { _ = l.connection.CloseDeadline(time.Now().Add(farewell)) }
