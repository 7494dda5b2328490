// Package venue holds what the parsers of the exchanges share: the record that
// a message is read into, the names of symbols, and times.
//
//	message ──► Record (jsonscan.Scanner + market.Update) ──► Emit
//	               │ Symbol              │ Clock, Stamp
//	               ▼                     ▼
//	             Names                 RFC3339, Fixed
//
// A parser walks a message through the Record's scanner. The methods of Record
// that read a value judge it on the way: a value that is absurd, or of another
// kind than it should be, refuses the record and not the message, so that the
// rest of a list survives and a message of a kind that is not used is skipped
// whatever is in it. A value that is absent, null or an empty text is unknown
// and leaves its field alone.
//
// Nothing here allocates once a symbol is known, except to tell of an error.
// Nothing here is safe for concurrent use: every parser has its own Record.
package venue
