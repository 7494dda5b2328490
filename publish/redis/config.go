package redis

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"time"

	"github.com/redis/go-redis/v9"

	"ticker/internal/option"
	"ticker/internal/redisconn"
)

const (
	// patience bounds the time for a connection, and for an answer.
	patience = 5 * time.Second

	defaultMaxLen = 100_000
	// symbolPlace stands for the symbol in the name of a channel.
	symbolPlace = "{symbol}"
)

// Config says where records go. URL and at least one of Channel, Stream and Hash are
// required.
type Config struct {
	// URL is redis://HOST[:PORT][/DATABASE], or rediss:// for TLS.
	URL string
	// User and Password replace those of the URL, unless they are empty.
	User, Password string

	// Channel is the name of a channel, in which {symbol} stands for the symbol.
	Channel string
	// Stream is the key of a stream, and MaxLen about how many entries it keeps,
	// 100,000 if it is 0.
	Stream string
	MaxLen int
	// Hash is the key of a hash.
	Hash string

	// Logger takes a line when the order of records is not certain; nil logs nothing.
	Logger *slog.Logger
}

// ParseOptions reads url, which must be there, user, password, password_file,
// channel, stream, maxlen and hash. The error names the option, its value and what is
// wanted, and never shows a password.
func ParseOptions(options url.Values) (Config, error) {
	var c Config
	err := option.Set{
		"url":           option.Text(&c.URL),
		"user":          option.Text(&c.User),
		"password":      option.Text(&c.Password),
		"password_file": option.SecretFile(&c.Password),
		"channel":       option.Text(&c.Channel),
		"stream":        option.Text(&c.Stream),
		"maxlen":        option.Count(&c.MaxLen, 1, 1<<30),
		"hash":          option.Text(&c.Hash),
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
	address, err := option.ParseAddress(c.URL, "redis", "rediss")
	if err != nil {
		return nil, fmt.Errorf("url %w", err)
	}
	access := redisconn.Access{
		Address: address, User: c.User, Password: c.Password,
		DialTime: patience, AnswerTime: patience,
	}
	options, err := access.Options()
	if err != nil {
		return nil, err
	}
	return options, c.complete()
}

func (c *Config) complete() error {
	switch {
	case c.Channel == "" && c.Stream == "" && c.Hash == "":
		return errors.New("want at least one of channel, stream and hash")
	case c.MaxLen < 0 || c.MaxLen > 0 && c.Stream == "":
		return fmt.Errorf("maxlen %d: want a number above 0, and a stream", c.MaxLen)
	case c.Stream != "" && c.Stream == c.Hash:
		return fmt.Errorf("stream and hash are both %q: want two keys", c.Stream)
	}
	if c.Stream != "" && c.MaxLen == 0 {
		c.MaxLen = defaultMaxLen
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return nil
}
