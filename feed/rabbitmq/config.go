package rabbitmq

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/url"
	"slices"
	"time"

	"ticker/feed"
	"ticker/internal/option"
)

const (
	defaultPrefetch = 1000
	// maxPrefetch bounds what a server may send ahead, and what is remembered of it.
	maxPrefetch = 10_000
	// defaultHeartbeat makes a server that is not there any more known within eight
	// seconds.
	defaultHeartbeat = 5 * time.Second
	// maxName is AMQP's limit for the name of a queue, an exchange or a key, in bytes.
	maxName = 255
)

// Config says which queue to read, and what is in it. URL and Queue are required.
type Config struct {
	// URL is amqp://HOST[:PORT]/[VHOST], or amqps:// for TLS. With TLS it may have
	// cacertfile, certfile, keyfile and server_name_indication behind a question mark.
	URL string
	// User and Password replace those of the URL, unless they are empty.
	User, Password string
	// Queue is the name of the queue.
	Queue string
	// Declare makes the queue, a durable one, if there is none of its name. A queue
	// that is there is taken as it is.
	Declare bool
	// Exchange is bound to the queue with each of the RoutingKeys, if it is not
	// empty. No keys are the key "#", which to a topic exchange means everything.
	Exchange    string
	RoutingKeys []string
	// Prefetch is how many messages the server may send before the first of them is
	// acknowledged: 1 to 10,000, and 1000 if it is 0.
	Prefetch int
	// Heartbeat is how often either side says that it is there: whole seconds, and
	// five if it is 0. A server that was not heard for one and a half is given up.
	Heartbeat time.Duration
	// NewParser returns a parser for the messages of an exchange; nil is for quotes
	// of our own.
	NewParser func() feed.Parser
	// Tap takes the messages as they come; nil takes none.
	Tap feed.Tap
	// Logger takes a line for every message that goes to the dead letters; nil logs
	// nothing.
	Logger *slog.Logger
}

// ParseOptions reads url and queue, which must be there, declare, exchange, key
// (routing keys with commas between them), prefetch, user, password and
// password_file. The error names the option, its value and what is wanted, and never
// shows a password.
func ParseOptions(options url.Values) (Config, error) {
	var c Config
	err := option.Set{
		"url":           option.Text(&c.URL),
		"queue":         option.Text(&c.Queue),
		"declare":       option.Bool(&c.Declare),
		"exchange":      option.Text(&c.Exchange),
		"key":           option.List(&c.RoutingKeys),
		"prefetch":      option.Count(&c.Prefetch, 1, maxPrefetch),
		"user":          option.Text(&c.User),
		"password":      option.Text(&c.Password),
		"password_file": option.SecretFile(&c.Password),
	}.Parse(options)
	if err == nil {
		_, err = c.validate()
	}
	if err != nil {
		return Config{}, err
	}
	return c, nil
}

// validate checks the configuration, completes it, and returns the address with the
// login in it.
func (c *Config) validate() (*url.URL, error) {
	address, err := option.ParseAddress(c.URL, "amqp", "amqps")
	if err != nil {
		return nil, fmt.Errorf("url %w", err)
	}
	if err := checkParameters(address); err != nil {
		return nil, fmt.Errorf("url %q: %w", address.Redacted(), err)
	}
	option.Login(address, c.User, c.Password)
	if c.Prefetch == 0 {
		c.Prefetch = defaultPrefetch
	}
	if c.Heartbeat == 0 {
		c.Heartbeat = defaultHeartbeat
	}
	if c.Exchange != "" && len(c.RoutingKeys) == 0 {
		c.RoutingKeys = []string{"#"}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return address, c.check()
}

func (c *Config) check() error {
	switch {
	case c.Queue == "":
		return errors.New("queue is missing: want the name of a queue")
	case c.Exchange == "" && len(c.RoutingKeys) > 0:
		return errors.New("key is given without exchange: want the exchange that the queue is bound to")
	case c.Prefetch < 1 || c.Prefetch > maxPrefetch:
		return fmt.Errorf("prefetch %d: want a number from 1 to %d", c.Prefetch, maxPrefetch)
	case c.Heartbeat < time.Second || c.Heartbeat%time.Second != 0:
		return fmt.Errorf("heartbeat %s: want whole seconds", c.Heartbeat)
	}
	for _, key := range c.RoutingKeys {
		if err := checkName("key", key); err != nil {
			return err
		}
	}
	return cmp.Or(checkName("queue", c.Queue), checkName("exchange", c.Exchange))
}

func checkName(name, value string) error {
	if len(value) > maxName {
		return fmt.Errorf("%s %.40q… has %d bytes: want %d at most", name, value, len(value), maxName)
	}
	return nil
}

// checkParameters refuses what the library would take from an address and must not:
// a heartbeat that is off hides a dead server.
func checkParameters(address *url.URL) error {
	for _, name := range slices.Sorted(maps.Keys(address.Query())) {
		switch name {
		case "cacertfile", "certfile", "keyfile", "server_name_indication":
		default:
			return fmt.Errorf("unknown parameter %q: want cacertfile, certfile, keyfile or server_name_indication", name)
		}
	}
	return nil
}
