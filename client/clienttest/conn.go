package clienttest

import (
	"net/http"
	"time"

	"github.com/gorilla/websocket"

	"ticker/wire"
)

// writeTimeout bounds one write, so that a script does not hang on a client
// that has stopped reading.
const writeTimeout = time.Minute

// Conn is one connection, as the service sees it. What cannot be sent is
// dropped: the client has gone, as Receive tells.
type Conn struct {
	// Request is that of the handshake.
	Request *http.Request

	socket *websocket.Conn
	codec  wire.Codec
}

func newConn(socket *websocket.Conn, r *http.Request) *Conn {
	c := &Conn{Request: r, socket: socket}
	if socket.Subprotocol() == wire.SubprotocolMsgPack {
		c.codec = wire.MsgPack
	}
	return c
}

// DefaultWelcome returns what Welcome says.
func DefaultWelcome() *wire.Welcome {
	return &wire.Welcome{
		Session:   "session-1",
		Epoch:     "epoch-1",
		Heartbeat: 15 * time.Second,
		Interval:  wire.Intervals{Default: 100 * time.Millisecond, Min: 20 * time.Millisecond, Max: time.Minute},
		Limits:    wire.Limits{Symbols: 1000, MessageBytes: 64 << 10, CommandsPerSecond: 20, CommandBurst: 50},
	}
}

// Welcome says welcome, the way the service does by default.
func (c *Conn) Welcome() { c.Send(DefaultWelcome()) }

// Send sends a message.
func (c *Conn) Send(m wire.Message) { c.SendRaw(c.codec.AppendMessage(nil, m)) }

// Quotes sends records.
func (c *Conn) Quotes(cursor string, records ...wire.Record) {
	c.Send(&wire.Quotes{Cursor: cursor, Records: records})
}

// Answer answers a request.
func (c *Conn) Answer(r wire.Request, result wire.Result) {
	c.Send(&wire.Response{ID: r.ID, Result: result})
}

// Refuse answers a request with an error.
func (c *Conn) Refuse(r wire.Request, code wire.Code) {
	c.Send(&wire.Error{ID: r.ID, Code: code, Message: "refused by the test"})
}

// SendRaw sends a message of these bytes, in the kind of frame of the codec.
func (c *Conn) SendRaw(message []byte) {
	kind := websocket.TextMessage
	if c.codec == wire.MsgPack {
		kind = websocket.BinaryMessage
	}
	c.sendFrame(kind, message)
}

// SendOtherKind sends a message in the kind of frame of the other codec.
func (c *Conn) SendOtherKind(message []byte) {
	kind := websocket.BinaryMessage
	if c.codec == wire.MsgPack {
		kind = websocket.TextMessage
	}
	c.sendFrame(kind, message)
}

func (c *Conn) sendFrame(kind int, message []byte) {
	if c.socket.SetWriteDeadline(time.Now().Add(writeTimeout)) == nil {
		_ = c.socket.WriteMessage(kind, message)
	}
}

// Ping sends a ping.
func (c *Conn) Ping(payload string) {
	_ = c.socket.WriteControl(websocket.PingMessage, []byte(payload), time.Now().Add(writeTimeout))
}

// OnPong sets what Receive does with the payload of a pong.
func (c *Conn) OnPong(do func(payload string)) {
	c.socket.SetPongHandler(func(payload string) error {
		do(payload)
		return nil
	})
}

// Receive returns the next request, and false when the client has gone or has
// sent what is no request.
func (c *Conn) Receive() (wire.Request, bool) {
	_, message, err := c.socket.ReadMessage()
	if err != nil {
		return wire.Request{}, false
	}
	r, err := c.codec.ParseRequest(message, wire.Limits{Symbols: wire.MaxLimit})
	return r, err == nil
}

// Close sends a close frame with the code and its text, and waits until the
// client has closed too.
func (c *Conn) Close(code wire.CloseCode) {
	frame := websocket.FormatCloseMessage(int(code), code.String())
	if c.socket.WriteControl(websocket.CloseMessage, frame, time.Now().Add(writeTimeout)) != nil {
		return
	}
	for {
		if _, ok := c.Receive(); !ok {
			return
		}
	}
}
