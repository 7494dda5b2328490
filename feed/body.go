package feed

import (
	"bytes"
	"fmt"
	"iter"

	"ticker/internal/jsonscan"
)

// SplitBody finds the records in the body of a request: one object, an array,
// or NDJSON, one object a line. It yields them in order, each with its place:
// the position in the array, or the line, from 1. The records are slices of
// the body; whether one is a quote, or JSON at all, is for a QuoteParser to
// judge.
//
// An object that stands alone may take many lines. A body that begins as an
// array and is no valid one is an ErrMalformed as a whole, and yields nothing:
// its records cannot be told apart from what is broken. All the rest is NDJSON,
// where empty lines are skipped but counted.
func SplitBody(body []byte) (iter.Seq2[int, []byte], error) {
	var scan jsonscan.Scanner
	scan.Reset(body)
	first := scan.Kind()
	if first != jsonscan.Array && first != jsonscan.Object {
		return lines(body), nil
	}
	scan.Skip()
	switch err := scan.End(); {
	case first == jsonscan.Array && err != nil:
		return nil, fmt.Errorf("%w: array: %w", ErrMalformed, err)
	case first == jsonscan.Array:
		return elements(body), nil
	case err != nil:
		return lines(body), nil
	}
	return func(yield func(int, []byte) bool) { yield(1, body) }, nil
}

// elements yields the elements of a valid array.
func elements(array []byte) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		var scan jsonscan.Scanner
		scan.Reset(array)
		scan.Array()
		for place := 1; scan.More(); place++ {
			if !yield(place, scan.Raw()) {
				return
			}
		}
	}
}

// lines yields the lines that hold more than white space.
func lines(body []byte) iter.Seq2[int, []byte] {
	return func(yield func(int, []byte) bool) {
		place := 0
		for line := range bytes.Lines(body) {
			place++
			line = bytes.Trim(line, " \t\r\n")
			if len(line) > 0 && !yield(place, line) {
				return
			}
		}
	}
}
