package hub

import "ticker/bench/peers/peer"

// roster is who is there, and who wants what. It belongs to the hub's goroutine.
type roster struct {
	counter     *peer.Counter
	clients     map[*client]bool
	subscribers []map[*client]bool // by symbol
}

func (s *Server) newRoster() *roster {
	r := &roster{counter: &s.counter, clients: make(map[*client]bool)}
	for range s.Market.Symbols() {
		r.subscribers = append(r.subscribers, make(map[*client]bool))
	}
	return r
}

// join adds a client, which is told of every update from here on.
func (r *roster) join(c *client) {
	r.counter.Clients.Add(1)
	r.clients[c] = true
	c.view.Cells(func(symbol int) { r.subscribers[symbol][c] = true })
}

// leave removes a client, if it is there, and closes its queue.
func (r *roster) leave(c *client) {
	if !r.clients[c] {
		return
	}
	r.counter.Clients.Add(-1)
	delete(r.clients, c)
	c.view.Cells(func(symbol int) { delete(r.subscribers[symbol], c) })
	close(c.queue)
}

// tell sends an update to all who want it, and drops those that are too slow.
func (r *roster) tell(u update) {
	for c := range r.subscribers[u.symbol] {
		if !c.send(u.message) {
			r.counter.Dropped.Add(1)
			r.leave(c)
		}
	}
}

// dismiss removes everybody.
func (r *roster) dismiss() {
	for c := range r.clients {
		r.leave(c)
	}
}
