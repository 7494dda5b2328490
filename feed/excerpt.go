package feed

import "strconv"

// excerpt quotes the beginning of what came from outside, so that a log or an
// answer can show it: no control character and no trick of direction passes.
func excerpt(text []byte, limit int) string {
	if len(text) <= limit {
		return strconv.Quote(string(text))
	}
	return strconv.Quote(string(text[:limit])) + "..."
}
