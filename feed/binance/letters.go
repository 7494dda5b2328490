package binance

// none is the letter of a field that no payload has.
const none = 0

// letters holds the fields of one payload by the letters that name them.
type letters struct {
	seen uint64 // bit c-'A' for each letter that is there
	text ['z' - 'A' + 1][]byte
}

// put keeps a field by its JSON text. Strings lose their quotes and keep their
// escapes, which no number and no name of a symbol has. Null and the empty
// text are as good as absent.
func (l *letters) put(letter byte, text []byte) {
	i := letter - 'A'
	if int(i) >= len(l.text) || len(text) == 0 || text[0] == 'n' {
		return
	}
	if text[0] == '"' {
		text = text[1 : len(text)-1]
	}
	if len(text) > 0 {
		l.text[i] = text
		l.seen |= 1 << i
	}
}

// get returns the text of a field, nil if it is absent.
func (l *letters) get(letter byte) []byte {
	if i := letter - 'A'; l.seen&(1<<i) != 0 {
		return l.text[i]
	}
	return nil
}

func (l *letters) has(letter byte) bool { return l.get(letter) != nil }
