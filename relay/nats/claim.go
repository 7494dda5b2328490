package nats

import (
	"fmt"
	"strconv"
	"strings"
)

// claim is what the key of the lease says: who has it, and since which term. Its text
// is the term and the holder, with a blank between them.
type claim struct {
	term   uint64
	holder string
}

func (c claim) encode() []byte { return fmt.Appendf(nil, "%d %s", c.term, c.holder) }

// parseClaim reads what encode wrote.
func parseClaim(text []byte) (claim, error) {
	number, holder, ok := strings.Cut(string(text), " ")
	term, err := parseTerm(number)
	if err != nil || !ok {
		return claim{}, fmt.Errorf("%.64q is no claim of a lease", text)
	}
	return claim{term, holder}, nil
}

func parseTerm(text string) (uint64, error) {
	term, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%.64q is no term", text)
	}
	return term, nil
}
