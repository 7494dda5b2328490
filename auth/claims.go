package auth

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"ticker/internal/jsonscan"
)

const (
	// maxNameBytes bounds what is kept of a client's own words, sub and jti, and
	// maxKidBytes the kid that its keys are looked for by.
	maxNameBytes = 256
	maxKidBytes  = 128
	// maxSeconds is the end of the year 9999; a later time is nobody's intention.
	maxSeconds = 253_402_300_799
)

var claimNames = []string{
	"iss", "sub", "aud", "exp", "nbf", "iat", "jti",
	"symbols", "publish", "interval", "delay", "sessions", "max_symbols",
}

// tokenClaims are the claims of a token that matter here. A time that is zero is not
// there.
type tokenClaims struct {
	issuer, subject, id          string
	audience                     []string
	expires, notBefore, issuedAt time.Time
	rights                       Rights
}

// readClaims reads the claims of a token; the error is a *Refusal. A claim that is not
// known is passed over.
func readClaims(payload []byte) (*tokenClaims, error) {
	var r claimReader
	r.scan.Reset(payload)
	for r.scan.Object(); r.scan.More() && r.bad == ""; {
		r.claim(string(r.scan.Key()))
	}
	if r.bad != "" {
		return nil, &Refusal{BadClaim, r.bad}
	}
	if r.scan.End() != nil {
		return nil, refuse(Malformed)
	}
	return &r.claims, nil
}

// began returns when the token's life began as far as one can tell.
func (c *tokenClaims) began(now time.Time) time.Time {
	if c.issuedAt.IsZero() {
		return now
	}
	return c.issuedAt
}

func (c *tokenClaims) isFor(audience string) bool { return slices.Contains(c.audience, audience) }

// grant returns what the claims allow, by clocks that may differ by a leeway; the error
// is a *Refusal.
func (c *tokenClaims) grant(leeway time.Duration) (*Grant, error) {
	grant, wrong := c.rights.grant()
	if wrong != nil {
		return nil, &Refusal{BadClaim, wrong.claim}
	}
	grant.Subject, grant.TokenID, grant.Expires, grant.Leeway = c.subject, c.id, c.expires, leeway
	return grant, nil
}

// claimReader reads one claim after the other. Bad is the first that makes no sense.
type claimReader struct {
	scan   jsonscan.Scanner
	claims tokenClaims
	seen   uint // a bit for each of claimNames
	bad    string
}

func (r *claimReader) claim(name string) {
	place := slices.Index(claimNames, name)
	if place < 0 {
		r.scan.Skip()
		return
	}
	ok := r.seen&(1<<place) == 0 && r.value(name)
	if !ok || r.scan.Err() != nil {
		r.bad = name
	}
	r.seen |= 1 << place
}

// value reads the value of a claim and reports whether it makes sense. A value of
// the wrong kind stops the scanner.
func (r *claimReader) value(name string) (ok bool) {
	c := &r.claims
	switch name {
	case "iss":
		c.issuer, ok = string(r.scan.Text()), true
	case "sub":
		c.subject, ok = r.name()
	case "aud":
		c.audience, ok = r.audience(), true
	case "exp":
		c.expires, ok = r.time()
	case "nbf":
		c.notBefore, ok = r.time()
	case "iat":
		c.issuedAt, ok = r.time()
	case "jti":
		c.id, ok = r.name()
	default:
		ok = r.right(name)
	}
	return ok
}

// right reads one of the claims that are Rights. Their bounds are checked with those
// of API keys.
func (r *claimReader) right(name string) (ok bool) {
	rights := &r.claims.rights
	switch name {
	case "symbols":
		rights.Symbols, ok = r.list(), true
	case "publish":
		rights.Publish, ok = r.list(), true
	case "interval":
		rights.Interval, ok = r.duration()
	case "delay":
		rights.Delay, ok = r.duration()
	case "sessions":
		rights.Sessions, ok = r.count()
	case "max_symbols":
		rights.MaxSymbols, ok = r.count()
	}
	return ok
}

func (r *claimReader) name() (string, bool) {
	name := string(r.scan.Text())
	return name, presentable(name)
}

// presentable reports whether a name may stand in a log line or on a screen.
func presentable(name string) bool {
	return name != "" && len(name) <= maxNameBytes &&
		!strings.ContainsFunc(name, func(c rune) bool { return !unicode.IsPrint(c) || c == unicode.ReplacementChar })
}

// audience reads one text or a list of them.
func (r *claimReader) audience() []string {
	if r.scan.Kind() == jsonscan.String {
		return []string{string(r.scan.Text())}
	}
	return r.list()
}

func (r *claimReader) list() []string {
	list := []string{}
	for r.scan.Array(); r.scan.More(); {
		list = append(list, string(r.scan.Text()))
	}
	return list
}

// time reads seconds since the Unix epoch. A float64 holds those of today to a
// fraction of a microsecond.
func (r *claimReader) time() (time.Time, bool) {
	seconds, err := strconv.ParseFloat(string(r.scan.Number()), 64)
	if err != nil || seconds < 0 || seconds > maxSeconds {
		return time.Time{}, false
	}
	return time.UnixMicro(int64(seconds * 1e6)).UTC(), true
}

func (r *claimReader) duration() (time.Duration, bool) {
	d, err := time.ParseDuration(string(r.scan.Text()))
	return d, err == nil
}

func (r *claimReader) count() (int, bool) {
	n, err := strconv.Atoi(string(r.scan.Number()))
	return n, err == nil
}
