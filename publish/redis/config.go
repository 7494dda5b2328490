package redis

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"ticker/internal/option"
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
	if err == nil && options.Has("password") && options.Has("password_file") {
		err = errors.New("password and password_file are both given: want one of them")
	}
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
	database, err := parseDatabase(address)
	if err != nil {
		return nil, fmt.Errorf("url %q: %w", address.Redacted(), err)
	}
	if err := c.complete(); err != nil {
		return nil, err
	}
	option.Login(address, c.User, c.Password)
	return libraryOptions(address, database), nil
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

// libraryOptions are for one connection on which nothing is tried twice.
func libraryOptions(address *url.URL, database int) *redis.Options {
	password, _ := address.User.Password()
	port := address.Port()
	if port == "" {
		port = "6379"
	}
	o := &redis.Options{
		Addr: net.JoinHostPort(address.Hostname(), port), DB: database,
		Username: address.User.Username(), Password: password, ClientName: "ticker",
		PoolSize: 1, PipelinePoolSize: -1, MaxRetries: -1, DialerRetries: 1,
		ReadTimeout: patience, ContextTimeoutEnabled: true, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
	if address.Scheme == "rediss" {
		o.TLSConfig = &tls.Config{ServerName: address.Hostname(), MinVersion: tls.VersionTLS12}
	}
	return o
}

// parseDatabase reads the number of the database from an address.
func parseDatabase(address *url.URL) (int, error) {
	if address.RawQuery != "" {
		return 0, errors.New("want no parameters")
	}
	path := strings.TrimPrefix(address.Path, "/")
	if path == "" {
		return 0, nil
	}
	n, err := strconv.ParseUint(path, 10, 31)
	if err != nil {
		return 0, fmt.Errorf("%q is no number of a database", path)
	}
	return int(n), nil
}
