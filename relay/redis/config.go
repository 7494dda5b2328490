package redis

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/redis/go-redis/v9"

	"ticker/internal/option"
	"ticker/internal/redisconn"
	"ticker/relay/internal/link"
)

const (
	defaultPrefix = "ticker"

	dialTime = 5 * time.Second
	// answerTime bounds the wait for an answer, and the silence of what is listened to.
	answerTime = 3 * time.Second
	// pingEvery is how often an answer is asked for.
	pingEvery = time.Second
)

// Metrics are those of the engine.
type Metrics = link.Metrics

// NewMetrics makes the metrics and registers them; a nil reg registers them nowhere.
// Like every double registration, a second call with the same reg panics.
func NewMetrics(reg prometheus.Registerer) *Metrics { return link.NewMetrics(reg, "redis") }

// Config says where the server is. URL is required.
type Config struct {
	// URL is redis://HOST[:PORT][/DATABASE], or rediss:// for TLS.
	URL string
	// User and Password replace those of the URL, unless they are empty.
	User, Password string
	// Prefix begins the names of channels and keys: 1 to 32 of A-Z a-z 0-9 _ -,
	// "ticker" if it is empty. All nodes have the same. Channels are those of all
	// databases of a server.
	Prefix string
	// Logger takes a line when the connection changes; nil logs nothing.
	Logger *slog.Logger
	// Metrics counts; nil counts for nobody.
	Metrics *Metrics
}

// ParseURL reads redis://HOST[:PORT][/DATABASE][?OPTIONS], or rediss:// likewise. The
// options are prefix, user, password and password_file. The error names the option that
// is unknown or has a bad value, and shows no password.
func ParseURL(text string) (Config, error) {
	address, query, _ := strings.Cut(text, "?")
	options, err := url.ParseQuery(query)
	if err != nil {
		return Config{}, errors.New("want options as NAME=VALUE with & between them")
	}
	c := Config{URL: address}
	err = option.Set{
		"prefix":        option.Text(&c.Prefix),
		"user":          option.Text(&c.User),
		"password":      option.Text(&c.Password),
		"password_file": option.SecretFile(&c.Password),
	}.Parse(options)
	if err == nil {
		_, err = c.complete()
	}
	if err != nil {
		return Config{}, err
	}
	return c, nil
}

// complete puts defaults where nothing is said, and returns what the library wants to
// know, or what is wrong.
func (c *Config) complete() (*redis.Options, error) {
	c.Prefix = cmp.Or(c.Prefix, defaultPrefix)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Metrics == nil {
		c.Metrics = NewMetrics(nil)
	}
	if !link.ValidPrefix(c.Prefix) {
		return nil, fmt.Errorf("prefix %q: want 1 to 32 of A-Z a-z 0-9 _ -", c.Prefix)
	}
	address, err := option.ParseAddress(c.URL, "redis", "rediss")
	if err != nil {
		return nil, fmt.Errorf("url %w", err)
	}
	access := redisconn.Access{Address: address, User: c.User, Password: c.Password, DialTime: dialTime, AnswerTime: answerTime}
	options, err := access.Options()
	if err != nil {
		return nil, err
	}
	options.ConnMaxIdleTime = -1 // or the library ends a connection that is idle
	return options, nil
}
