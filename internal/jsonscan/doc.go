// Package jsonscan reads JSON text strictly and without allocating.
//
// It exists for the bytes that come from outside on a hot path: venue
// messages, pushed quotes, client commands. A Scanner walks one text from left
// to right; the caller asks for the values it wants and skips the rest.
// Numbers come back as the text they were written in, so no digit is lost.
//
//	var s jsonscan.Scanner
//	s.Reset(text)
//	for s.Object(); s.More(); {
//		switch string(s.Key()) {
//		case "price":
//			price = s.Number()
//		default:
//			s.Skip()
//		}
//	}
//	if err := s.End(); err != nil { … }
//
// # Errors
//
// The first mistake in the text, or a value of another kind than was asked
// for, stops the scanner: every later call returns a zero value, More returns
// false, and Err and End report what was wrong and at which byte, counted from
// 0. So the checks can wait until the end. What was read before a mistake is
// only worth something if End is nil.
//
// A caller that loses its place, because it asks for two values in a row or
// for a value where a key stands, gets ErrOrder and never a panic: whatever
// was called, End is nil only if the whole text is one valid JSON value.
//
// # Strictness
//
// Strict means RFC 8259 and nothing more: no trailing bytes, no comments, no
// leading zeros. Of what the RFC leaves open, invalid UTF-8 and lone surrogates
// in strings are refused, and nesting deeper than MaxDepth; keys that stand
// twice are for the caller to judge.
//
// # Memory
//
// Slices that a Scanner returns are good until the next Reset, as long as the
// text does not change: they point into the text, or into the Scanner's own
// buffer when a string had escapes. That buffer is kept from text to text and
// grows to no more than the longest text in it.
//
// A Scanner is not safe for concurrent use, and must not be copied once it is
// in use. The zero Scanner is ready to Reset.
package jsonscan
