package livetest

// Exchange is a venue's side of its protocol. Streams are the words by which the
// exchange itself keeps account of what a client has subscribed: one for each
// symbol, or one for each channel of a symbol, as it likes.
type Exchange struct {
	// Greet says what the venue says first; nil says nothing.
	Greet func(c *Client)
	// Hear answers a message of a client: it calls Client.Subscribe, Unsubscribe and
	// Say.
	Hear func(c *Client, message string)
	// Ask answers a question over HTTP: path and query in, a body out, empty for
	// what is not found. Nil answers nothing.
	Ask func(path string) string

	// Quote writes the n-th quote of a symbol, by the venue's name: bid n, ask n+1,
	// at second n after 1700000000 if the venue tells times, with the sequence n if
	// it has one. It returns the stream of which it is.
	Quote func(native string, n int) (stream, message string)
	// Trade writes the n-th trade of a symbol: price n, size 1, id n, second n.
	Trade func(native string, n int) (stream, message string)
	// Beat is the venue's heartbeat, said once a second to each client that has
	// subscribed; empty if it has none.
	Beat string
	// Planned announces that the connection will end soon; empty if the venue does
	// not.
	Planned string
	// Throttled answers a request that came too fast; nil if the venue does not.
	Throttled func(request string) string
	// Unknown is a symbol, by our name and by the venue's, that Hear refuses.
	Unknown, UnknownNative string
	// Unordered is set if quotes have neither a sequence nor a time.
	Unordered bool
	// Lifetime is set if the venue ends connections after some time.
	Lifetime bool
	// Paths are what a line connects to, if it is more than one.
	Paths []string
}
