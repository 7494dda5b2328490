// Package wire is the client protocol as bytes: what a client asks, what the
// service answers, and the codes with which either says no.
//
// Two encodings carry the same objects. JSON is text; MessagePack is the same
// maps and lists in binary, with every exact decimal as a string, since its
// only fractions are floating point. A Codec is one of the two, and has both
// directions of both sides:
//
//	server   ParseRequest    AppendMessage  AppendResult  AppendQuote …
//	client   AppendRequest   ParseMessage   ParseResult
//
// A quotes event is the hot path, and is put together from records that are
// encoded once and sent to many:
//
//	start := len(frame)
//	frame = c.OpenQuotes(frame, cursor, 1)
//	for i := range records {
//		if i > 0 {
//			frame = c.AppendSeparator(frame)
//		}
//		frame = append(frame, records[i]...) // from AppendQuote
//	}
//	frame = c.CloseQuotes(frame, start, len(records))
//
// Everything else is a Go type that says once, in write, how it is encoded,
// and once, in read, how it is decoded; neither knows which codec is behind
// it. What comes in as MessagePack is rewritten as JSON text and goes the same
// way from there, so that no rule of the protocol exists twice. A fraction that
// a client sends as a float stands for the fewest digits that tell it apart.
//
// # What comes in
//
// A request is text from a stranger. ParseRequest takes exactly one object, of
// bounded depth and number of keys, without duplicate keys, without keys that
// differ from known ones by case, in valid UTF-8; it never allocates by an
// announced size. Its errors are *Error, ready to be sent. What the client
// wrote is cut and quoted before it stands in one.
//
// A message is text from our own service, perhaps of a later version:
// ParseMessage ignores keys it does not know and returns an event it does not
// know as Unknown.
//
// # What goes out
//
// Symbols and cursors are made by this service from safe ASCII and are written
// as they are. Every other string is escaped where it must be, and made valid
// UTF-8; the usual one, which needs neither, costs one look at its bytes.
//
// # Concurrency
//
// Everything here is a function of its arguments: any number of goroutines may
// call it, nothing is kept, nothing starts. The append functions follow the
// convention of the standard library and return the extended slice; those of
// the hot path do not allocate when it has room.
package wire
