package natsconn

import (
	"crypto/tls"
	"errors"
	"net/url"
	"strings"
)

// Access says where the servers are and who we are.
type Access struct {
	// URLs are servers, nats://host:port or tls://host:port; one that answers is
	// enough.
	URLs []string
	// User and Password, Token, or the path of a Creds file say who we are.
	User, Password, Token, Creds string
	// TLS secures the connection also where the URL does not ask for it; nil does
	// what the URL and the server say.
	TLS *tls.Config
}

// Validate names what is wrong. It shows no URL, which may hold a password.
func (a *Access) Validate() error {
	if len(a.URLs) == 0 {
		return errors.New("url is missing: want nats://host:port or tls://host:port, with commas between several")
	}
	for _, server := range a.URLs {
		u, err := url.Parse(server)
		if err != nil || u.Host == "" || u.Scheme != "nats" && u.Scheme != "tls" {
			return errors.New("url has an entry that is none: want nats://host:port or tls://host:port")
		}
	}
	return a.validIdentity()
}

func (a *Access) validIdentity() error {
	given := 0
	for _, identity := range []string{a.User, a.Token, a.Creds} {
		if identity != "" {
			given++
		}
	}
	switch {
	case given > 1:
		return errors.New("user, token and creds: want one of them")
	case (a.User == "") != (a.Password == ""):
		return errors.New("user goes with password or password_file, and they with it")
	}
	return nil
}

// ValidSubject reports whether a text is a subject, of words with dots between
// them. Wildcards, a word * and a final word >, are allowed if asked for.
func ValidSubject(subject string, wildcards bool) bool {
	words := strings.Split(subject, ".")
	for i, word := range words {
		wild := word == "*" || word == ">" && i == len(words)-1
		if word == "" || strings.ContainsAny(word, " \t\r\n*>") && !(wild && wildcards) {
			return false
		}
	}
	return true
}
