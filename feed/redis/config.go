package redis

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/redis/go-redis/v9"

	"ticker/feed"
	"ticker/internal/option"
	"ticker/internal/redisconn"
)

const (
	// patience bounds the time to a connection that is open.
	patience = 10 * time.Second

	defaultName       = "ticker"
	defaultHeartbeat  = 5 * time.Second
	defaultClaimAfter = time.Minute
)

// Config says where the quotes are, and what they look like. URL and one of Channel
// and Stream are required.
type Config struct {
	// URL is redis://HOST[:PORT][/DATABASE], or rediss:// for TLS.
	URL string
	// User and Password replace those of the URL, unless they are empty.
	User, Password string

	// Channel is the name of a channel, or a pattern if it has one of * ? [ in it.
	Channel string

	// Stream is the key of a stream.
	Stream string
	// Group and Consumer are "ticker" if they are empty.
	Group, Consumer string
	// Start is where a new group begins: "$", which is meant if it is empty, behind
	// the last entry that there is, "0" at the first, or behind the entry of an ID.
	Start string
	// Field has the message in an entry. If it is empty the message is in the field
	// "quote", or in the only one.
	Field string
	// ClaimAfter is how long another consumer of the group may have had an entry
	// before it is taken over; a minute if it is 0.
	ClaimAfter time.Duration

	// Heartbeat is how often the server is to answer; five seconds if it is 0.
	Heartbeat time.Duration
	// NewParser returns a parser for the messages of an exchange; nil is for quotes
	// of our own.
	NewParser func() feed.Parser
	// Tap takes the messages as they come; nil takes none.
	Tap feed.Tap
	// Logger takes a line when entries were lost; nil logs nothing.
	Logger *slog.Logger
}

// ParseOptions reads url and one of channel and stream, which must be there, user,
// password and password_file, and for a stream group, consumer, start and field. The
// error names the option, its value and what is wanted, and never shows a password.
func ParseOptions(options url.Values) (Config, error) {
	var c Config
	err := option.Set{
		"url":           option.Text(&c.URL),
		"user":          option.Text(&c.User),
		"password":      option.Text(&c.Password),
		"password_file": option.SecretFile(&c.Password),
		"channel":       option.Text(&c.Channel),
		"stream":        option.Text(&c.Stream),
		"group":         option.Text(&c.Group),
		"consumer":      option.Text(&c.Consumer),
		"start":         option.Text(&c.Start),
		"field":         option.Text(&c.Field),
	}.Parse(options)
	if err == nil {
		_, err = c.validate()
	}
	if err != nil {
		return Config{}, err
	}
	return c, nil
}

// validate checks the configuration, completes it, and returns what the library wants
// to know.
func (c *Config) validate() (*redis.Options, error) {
	if err := c.check(); err != nil {
		return nil, err
	}
	c.complete()
	address, err := option.ParseAddress(c.URL, "redis", "rediss")
	if err != nil {
		return nil, fmt.Errorf("url %w", err)
	}
	access := redisconn.Access{
		Address: address, User: c.User, Password: c.Password,
		DialTime: patience, AnswerTime: 2 * c.Heartbeat,
	}
	return access.Options()
}

func (c *Config) check() error {
	streaming := c.Group + c.Consumer + c.Start + c.Field
	switch {
	case (c.Channel == "") == (c.Stream == ""):
		return errors.New("want one of channel and stream")
	case c.Channel != "" && streaming != "":
		return errors.New("group, consumer, start and field are of a stream, not of a channel")
	case !validStart(c.Start):
		return fmt.Errorf("start %q: want $, 0 or the ID of an entry", c.Start)
	case c.Heartbeat < 0 || c.ClaimAfter < 0:
		return errors.New("a time must not be negative")
	}
	return nil
}

func validStart(start string) bool {
	if start == "" || start == "$" {
		return true
	}
	_, err := parseID(start)
	return err == nil
}

func (c *Config) complete() {
	if c.Stream != "" {
		c.Group = cmp.Or(c.Group, defaultName)
		c.Consumer = cmp.Or(c.Consumer, defaultName)
		c.Start = cmp.Or(c.Start, "$")
	}
	c.Heartbeat = cmp.Or(c.Heartbeat, defaultHeartbeat)
	c.ClaimAfter = cmp.Or(c.ClaimAfter, defaultClaimAfter)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
}
