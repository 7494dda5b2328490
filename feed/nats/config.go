package nats

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"ticker/feed"
	"ticker/internal/natsconn"
	"ticker/internal/option"
)

// Start says where in a stream to begin, if nothing says where we were.
type Start uint8

// The places to begin at.
const (
	// Latest is behind the newest message: the past is left alone.
	Latest Start = iota
	// Earliest is the oldest message that the stream still has.
	Earliest
	// Last is the newest message of each subject, and what comes after.
	Last
)

// Config says what to read.
type Config struct {
	natsconn.Access
	// Subject is what to subscribe to, "quotes.>". With a stream it says which of
	// its messages to read; empty is all.
	Subject string
	// Queue is the queue group of a subject, empty for none.
	Queue string
	// Stream and Durable name a stream and a consumer of it. A consumer that is not
	// there is made.
	Stream, Durable string
	Start           Start

	// NewParser makes the parser for the messages of an exchange. Nil reads quotes
	// of our own.
	NewParser func() feed.Parser
	// Tap takes what comes in, for a recording; nil for none.
	Tap feed.Tap
	// Logger takes what a Run has to say beside its error. Nil logs nothing.
	Logger *slog.Logger
	// Metrics counts; nil counts for nobody.
	Metrics *Metrics
}

// ParseOptions reads the options url, subject, queue, stream, durable, start
// (latest, earliest or last), user, password, password_file, token and creds. The
// error names the option that is missing, unknown or has a bad value.
func ParseOptions(options url.Values) (Config, error) {
	var c Config
	err := option.Set{
		"url":           option.List(&c.URLs),
		"subject":       option.Text(&c.Subject),
		"queue":         option.Text(&c.Queue),
		"stream":        option.Text(&c.Stream),
		"durable":       option.Text(&c.Durable),
		"start":         option.OneOf(&c.Start, map[string]Start{"latest": Latest, "earliest": Earliest, "last": Last}),
		"user":          option.Text(&c.User),
		"password":      option.Text(&c.Password),
		"password_file": option.SecretFile(&c.Password),
		"token":         option.Text(&c.Token),
		"creds":         option.File(&c.Creds),
	}.Parse(options)
	switch {
	case err != nil:
		return Config{}, err
	case options.Has("start") && c.Stream == "":
		return Config{}, errors.New("start needs stream: a subject has no past")
	}
	return c, c.validate()
}

func (c *Config) validate() error {
	if err := c.Validate(); err != nil {
		return err
	}
	return c.validSubjects()
}

func (c *Config) validSubjects() error {
	switch {
	case c.Subject != "" && !natsconn.ValidSubject(c.Subject, true):
		return fmt.Errorf("subject %q: want words with dots between them; * is any word, > any rest", c.Subject)
	case strings.ContainsAny(c.Stream+c.Durable, ".*> \t\r\n/\\"):
		return fmt.Errorf("stream %q and durable %q: want names without . * > / \\ and blanks", c.Stream, c.Durable)
	case c.Stream != "" && c.Queue != "":
		return errors.New("queue and stream are both given: a stream is shared by its consumers")
	case c.Stream == "" && c.Durable != "":
		return errors.New("durable needs stream: the stream that it reads")
	case c.Stream == "" && c.Subject == "":
		return errors.New("subject is missing: what to subscribe to, like quotes.>")
	}
	return nil
}
