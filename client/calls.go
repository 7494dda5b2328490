package client

import (
	"context"
	"strconv"
	"sync"

	"ticker/wire"
)

// maxCalls bounds the requests of one connection that wait for an answer, and the
// questions over HTTP in their place. A further one waits for its turn.
const maxCalls = 64

// answer is what came back for a request: a response, a pong, or an error of
// the service.
type answer struct {
	response *wire.Response
	err      *wire.Error
}

// call is a request that waits for its answer.
type call struct {
	// take, if there is one, is given the answer by the reader, before anything
	// that comes after it is read.
	take  func(answer)
	reply chan answer // of capacity 1
}

// calls are the requests of one connection that wait for an answer.
type calls struct {
	slots chan struct{}

	mu      sync.Mutex
	last    uint64
	waiting map[string]*call
}

func newCalls() *calls {
	return &calls{slots: make(chan struct{}, maxCalls), waiting: make(map[string]*call)}
}

// open waits for a slot and registers a call under a new id.
func (c *calls) open(ctx context.Context, take func(answer)) (id string, opened *call, err error) {
	select {
	case c.slots <- struct{}{}:
	case <-ctx.Done():
		return "", nil, context.Cause(ctx)
	}
	opened = &call{take: take, reply: make(chan answer, 1)}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last++
	id = strconv.FormatUint(c.last, 36)
	c.waiting[id] = opened
	return id, opened, nil
}

// close forgets a call, answered or not.
func (c *calls) close(id string) {
	c.mu.Lock()
	delete(c.waiting, id)
	c.mu.Unlock()
	<-c.slots
}

// answer passes an answer on. One that nobody waits for came too late.
func (c *calls) answer(id string, a answer) {
	c.mu.Lock()
	waiting := c.waiting[id]
	delete(c.waiting, id)
	c.mu.Unlock()
	if waiting == nil {
		return
	}
	if waiting.take != nil {
		waiting.take(a)
	}
	waiting.reply <- a
}
