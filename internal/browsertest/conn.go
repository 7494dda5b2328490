package browsertest

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"sync"
)

// errGone reports a command that can have no answer any more.
var errGone = errors.New("browser is gone")

// command is one call of the protocol. An empty session addresses the browser.
type command struct {
	ID      int    `json:"id"`
	Session string `json:"sessionId,omitempty"`
	Method  string `json:"method"`
	Params  any    `json:"params,omitempty"`
}

// message is what Chromium sends: an answer has an ID, an event a method.
type message struct {
	ID      int             `json:"id"`
	Session string          `json:"sessionId"`
	Method  string          `json:"method"`
	Params  json.RawMessage `json:"params"`
	Result  json.RawMessage `json:"result"`
	Error   *struct {
		Message string `json:"message"`
	} `json:"error"`
}

// conn matches commands with their answers and hands events to their session.
// Messages are JSON, each ended by a zero byte.
type conn struct {
	mu      sync.Mutex
	out     io.Writer
	last    int
	waiting map[int]chan message
	events  map[string]func(message)
	ended   bool
}

func newConn(out io.Writer) *conn {
	return &conn{out: out, waiting: map[int]chan message{}, events: map[string]func(message){}}
}

// listen sends the events of a session to handle, on the reading goroutine.
func (c *conn) listen(session string, handle func(message)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.events[session] = handle
}

// call sends a command, waits for its answer and decodes it into result,
// unless that is nil.
func (c *conn) call(ctx context.Context, cmd command, result any) error {
	answer, err := c.send(cmd)
	if err != nil {
		return fmt.Errorf("send %s: %w", cmd.Method, err)
	}
	select {
	case <-ctx.Done():
		return fmt.Errorf("wait for %s: %w", cmd.Method, ctx.Err())
	case m, ok := <-answer:
		switch {
		case !ok:
			return fmt.Errorf("wait for %s: %w", cmd.Method, errGone)
		case m.Error != nil:
			return fmt.Errorf("call %s: %s", cmd.Method, m.Error.Message)
		case result == nil:
			return nil
		}
		if err := json.Unmarshal(m.Result, result); err != nil {
			return fmt.Errorf("decode answer of %s: %w", cmd.Method, err)
		}
		return nil
	}
}

func (c *conn) send(cmd command) (<-chan message, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
		return nil, errGone
	}
	c.last++
	cmd.ID = c.last
	text, err := json.Marshal(cmd)
	if err != nil {
		return nil, err
	}
	// One place in the channel lets the reader go on when nobody waits any more.
	answer := make(chan message, 1)
	c.waiting[cmd.ID] = answer
	_, err = c.out.Write(append(text, 0))
	return answer, err
}

// read delivers messages until the pipe ends, and then ends every wait.
func (c *conn) read(in io.Reader) {
	defer c.end()
	reader := bufio.NewReader(in)
	for {
		text, err := reader.ReadBytes(0)
		if err != nil {
			return
		}
		var m message
		if json.Unmarshal(text[:len(text)-1], &m) != nil {
			return
		}
		c.deliver(m)
	}
}

func (c *conn) deliver(m message) {
	c.mu.Lock()
	answer, handle := c.waiting[m.ID], c.events[m.Session]
	delete(c.waiting, m.ID)
	c.mu.Unlock()
	switch {
	case answer != nil:
		answer <- m
	case m.Method != "" && handle != nil:
		handle(m)
	}
}

func (c *conn) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended = true
	for _, answer := range c.waiting {
		close(answer)
	}
	clear(c.waiting)
}
