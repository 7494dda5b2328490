package auth

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzRevoked reads anything as a file of revocations: it is taken whole, as a slow
// and obvious reader of lines takes it, or refused whole without a word of what stands
// in it. Whoever is named in it is revoked, and nobody else.
func FuzzRevoked(f *testing.F) {
	for _, seed := range []string{
		"", "jti:a\nsub:b\n# c\n\n", " sub:desk \r\njti:7\t\r\n", "sub:a:b\nsub:jti:c", "#sub:a", "sub:", "sub: a", "SUB:a", "jti:a b",
		"sub:é\u00a0\njti:\u2028x", "sub:a\x00", "jti:\xff", "\ufeffsub:a", "sub:a\rsub:b", "sub:" + strings.Repeat("x", 300),
	} {
		f.Add(seed, "a", "b")
	}
	f.Fuzz(func(t *testing.T, text, subject, token string) {
		list, err := parseRevoked([]byte(text))
		want, ok := revokedLines(text)
		if ok != (err == nil) {
			t.Fatalf("%q: %v, want it taken: %t", text, err, ok)
		}
		if err != nil {
			if list != nil || !regexp.MustCompile(`^line [0-9]+: want jti:ID or sub:NAME$`).MatchString(err.Error()) {
				t.Errorf("%q: %v and %q", text, list, err)
			}
			return
		}
		if diff := cmp.Diff(want, list); diff != "" {
			t.Errorf("%q (-want +got):\n%s", text, diff)
		}
		_, bySub := want["sub:"+subject]
		_, byID := want["jti:"+token]
		if got := list.has(&Grant{Subject: subject, TokenID: token}); got != (bySub || byID) {
			t.Errorf("%q: subject %q with token %q is revoked: %t", text, subject, token, got)
		}
	})
}

// revokedLines reads a file of revocations, and reports false if it is none.
func revokedLines(text string) (revocations, bool) {
	list := make(revocations)
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		if !strings.HasPrefix(line, "jti:") && !strings.HasPrefix(line, "sub:") {
			return nil, false
		}
		if name := line[4:]; !presentable(name) || strings.TrimSpace(name) != name {
			return nil, false
		}
		list[line] = struct{}{}
	}
	return list, true
}
