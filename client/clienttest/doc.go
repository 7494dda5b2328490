// Package clienttest stands in for the service in the tests of programs that
// use the client: it speaks the protocol over real WebSocket connections, and
// says on each what the test tells it to.
//
//	server := clienttest.Start(func(c *clienttest.Conn) {
//		c.Welcome()
//		r, _ := c.Receive()
//		c.Answer(r, &wire.Subscribed{Interval: time.Second, Subscribed: []string{"AAPL"}})
//		c.Quotes("cursor-1", record)
//		c.Close(wire.CloseGoingAway)
//	})
//	defer server.Close()
//	c, err := client.New(client.Config{URL: server.URL, NetDial: server.Dial})
//
// A Server lives in memory, so that a test inside a synctest bubble runs on the
// time of that bubble. Handler is the same for a server that has a port.
//
// # Concurrency
//
// Each connection has a goroutine of its own, on which the script of the test
// runs; when the script returns, the connection is cut. A Conn belongs to that
// goroutine. Close waits for all scripts.
package clienttest
