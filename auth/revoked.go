package auth

import (
	"fmt"
	"strings"
)

// revocations are the tokens and subjects that are revoked, each as a line that names
// it. Nil is empty.
type revocations map[string]struct{}

const (
	byToken   = "jti:"
	bySubject = "sub:"
)

// parseRevoked reads one revocation a line: "jti:ID" for a token, "sub:NAME" for a
// subject or an API key. Empty lines and those that begin with # are passed over. A space
// behind the colon is a mistake: it would revoke nobody, and say so to nobody.
func parseRevoked(text []byte) (revocations, error) {
	list := make(revocations)
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		kind, name, _ := strings.Cut(line, ":")
		if (kind+":" != byToken && kind+":" != bySubject) || !presentable(name) || strings.TrimSpace(name) != name {
			return nil, fmt.Errorf("line %d: want jti:ID or sub:NAME", number)
		}
		list[line] = struct{}{}
	}
	return list, nil
}

func (r revocations) count() int { return len(r) }

func (r revocations) has(grant *Grant) bool {
	_, subject := r[bySubject+grant.Subject]
	_, token := r[byToken+grant.TokenID]
	return subject || token
}
