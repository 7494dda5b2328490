package main

import (
	"errors"
	"net/url"
	"strings"
	"time"

	"ticker/relay/nats"
	"ticker/relay/nats/embedded"
	"ticker/relay/redis"
)

// The values of relay.role.
const (
	roleAll      = "all"      // takes quotes in, keeps history, serves sessions
	roleIngest   = "ingest"   // all of that but sessions
	roleEdge     = "edge"     // sessions only
	roleRecorder = "recorder" // history only
)

type relaySettings struct {
	url   string
	role  string
	every time.Duration
}

// on reports whether the node is one of several.
func (s *relaySettings) on() bool { return s.url != "" }

// leads reports whether the node takes quotes in, at least when its turn comes.
func (s *relaySettings) leads() bool { return s.role == roleAll || s.role == roleIngest }

// relayValue is the URL of an engine.
type relayValue string

func (v *relayValue) set(items []string) error {
	return one(items, func(text string) error {
		*v = relayValue(text)
		return checkEngine(text)
	})
}

// checkEngine names what is wrong with the URL of an engine, and shows nothing of it:
// it may hold a password.
func checkEngine(text string) (err error) {
	switch scheme, _, _ := strings.Cut(text, ":"); scheme {
	case "nats", "tls":
		_, err = nats.ParseURL(text)
	case "redis", "rediss":
		_, err = redis.ParseURL(text)
	case "embedded":
		_, err = embedded.ParseURL(text, ".")
	default:
		err = errors.New("names no engine: want embedded:, nats://HOST:PORT, tls://HOST:PORT, redis://HOST:PORT or rediss://HOST:PORT")
	}
	return err
}

// get returns the value without its secrets.
func (v *relayValue) get() []string {
	if *v == "" {
		return nil
	}
	servers, query, found := strings.Cut(string(*v), "?")
	if scheme, rest, ok := strings.Cut(servers, "://"); ok {
		if at := strings.LastIndexByte(rest, '@'); at >= 0 {
			servers = scheme + "://xxxxx" + rest[at:]
		}
	}
	if !found {
		return []string{servers}
	}
	options, err := url.ParseQuery(query)
	if err != nil {
		return []string{"xxxxx"}
	}
	for _, secret := range []string{"password", "token"} {
		if options.Has(secret) {
			options.Set(secret, "xxxxx")
		}
	}
	return []string{servers + "?" + options.Encode()}
}

func (v *relayValue) list() bool { return false }

// checkRelay notes what is wrong with the keys below relay, and leaves out what a node
// of the role does not have unless told.
func (c *configuration) checkRelay() {
	s := c.settings
	c.demand("relay.role", s.relay.on() || s.relay.role == roleAll, "%s needs relay.url: it has its quotes from another node", s.relay.role)
	if s.relay.leads() {
		return
	}
	_, given := c.given["feeds"]
	c.demand("feeds", !given, "means nothing to a node with relay.role: %s, which has its quotes from another", s.relay.role)
	s.feeds = nil
	c.demand("relay.url", !strings.HasPrefix(s.relay.url, "embedded:"),
		"embedded: is for a node that takes quotes in; give the URL of its engine to this one")
	if s.relay.role != roleEdge {
		c.demand("history.url", s.history.url != historyOff, "a recorder needs a history to record in")
		return
	}
	if _, given = c.given["history.url"]; !given {
		s.history.url = historyOff
	}
	_, file := historyFile(s.history.url, s.data)
	c.demand("history.url", !file, "an edge records nothing: want off, or the postgres://… that another node records in")
}
