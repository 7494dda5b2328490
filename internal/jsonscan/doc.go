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
// The first mistake in the text, or a value of another kind than was asked
// for, stops the scanner: every later call returns a zero value, More returns
// false, and Err and End report what was wrong. So the checks can wait until
// the end.
//
// Strict means RFC 8259 and nothing more: no trailing bytes, no comments, no
// leading zeros, valid UTF-8, no lone surrogates, at most MaxDepth levels.
// Slices that a Scanner returns point into the text, or into its own buffer
// when a string had escapes, and are good until the next call.
//
// A Scanner is not safe for concurrent use. The zero Scanner is ready to Reset.
package jsonscan
