package hub

import (
	"context"
	"time"

	"github.com/gorilla/websocket"

	"ticker/bench/peers/dialect"
	"ticker/bench/peers/stream"
)

const (
	// writeWait is how long a write may take.
	writeWait = 10 * time.Second
	// pongWait is how long a client may be silent; pings are sent more often.
	pongWait   = 60 * time.Second
	pingPeriod = pongWait * 9 / 10
)

// client is one connection. Its queue is closed by the hub.
type client struct {
	server *Server
	conn   *websocket.Conn
	view   stream.View
	queue  chan []byte
}

// send puts a message into the queue, and reports whether there was room.
func (c *client) send(message []byte) bool {
	select {
	case c.queue <- message:
		return true
	default:
		return false
	}
}

// readPump subscribes, and reads to the end of the connection.
func (c *client) readPump(ctx context.Context) {
	defer func() { _ = c.conn.Close() }() // it has ended
	stop := context.AfterFunc(ctx, func() { _ = c.conn.Close() })
	defer stop()
	if !c.subscribe() {
		return
	}
	select {
	case c.server.register <- c:
	case <-ctx.Done():
		return
	}
	if c.server.pumps.Go(c.writePump) {
		c.listen()
	}
	select {
	case c.server.unregister <- c:
	case <-ctx.Done():
	}
}

// listen reads until the client has gone.
func (c *client) listen() {
	c.conn.SetPongHandler(func(string) error { return c.expect() })
	err := c.expect()
	for err == nil {
		_, _, err = c.conn.ReadMessage()
	}
}

// expect sets when the client must be heard of again.
func (c *client) expect() error { return c.conn.SetReadDeadline(time.Now().Add(pongWait)) }

// subscribe reads and answers the subscribe.
func (c *client) subscribe() bool {
	c.conn.SetReadLimit(dialect.MaxMessageBytes)
	_, message, err := c.conn.ReadMessage()
	if err != nil {
		return false
	}
	subscribe, err := dialect.Parse(message)
	if err != nil || c.conn.WriteMessage(websocket.TextMessage, subscribe.Answer(c.server.Plan.Interval)) != nil {
		return false
	}
	c.view = c.server.Market.View(subscribe.Symbols)
	return true
}

// writePump writes what is queued, a frame a message, until the queue is closed
// or a write fails.
func (c *client) writePump() {
	pings := time.NewTicker(pingPeriod)
	defer pings.Stop()
	defer func() { _ = c.conn.Close() }() // ends the readPump
	for {
		var err error
		select {
		case message, open := <-c.queue:
			if !open {
				c.farewell()
				return
			}
			err = c.write(websocket.TextMessage, message)
		case <-pings.C:
			err = c.write(websocket.PingMessage, nil)
		}
		if err != nil {
			return
		}
	}
}

func (c *client) write(kind int, message []byte) error {
	if err := c.conn.SetWriteDeadline(time.Now().Add(writeWait)); err != nil {
		return err
	}
	return c.conn.WriteMessage(kind, message)
}

// farewell closes as the protocol has it. A client that does not read is not
// waited for.
func (c *client) farewell() {
	_ = c.conn.WriteControl(websocket.CloseMessage, nil, time.Now().Add(time.Second))
}
