package kafka

import (
	"errors"
	"log/slog"
	"net/url"

	"github.com/twmb/franz-go/pkg/kgo"

	"ticker/feed"
	"ticker/internal/kafkaconn"
	"ticker/internal/option"
)

// Start says where a group begins that has committed nothing yet.
type Start uint8

// The places to begin at.
const (
	// Latest is behind the newest record: the past is left alone.
	Latest Start = iota
	// Earliest is the oldest record that the brokers still have.
	Earliest
)

// Config says what to read.
type Config struct {
	kafkaconn.Access
	Topic string
	// Group is the consumer group. Its members share the partitions between them,
	// so two services that want all of a topic need two groups.
	Group string
	Start Start

	// NewParser makes the parser for the messages of an exchange. Nil reads quotes
	// of our own.
	NewParser func() feed.Parser
	// Tap takes what comes in, for a recording; nil for none.
	Tap feed.Tap
	// Logger takes what a Run has to say beside its error. Nil logs nothing.
	Logger *slog.Logger
}

// ParseOptions reads the options brokers and topic, which must be there, group,
// start (latest or earliest), tls, sasl, user, password and password_file. The
// error names the option that is missing, unknown or has a bad value.
func ParseOptions(options url.Values) (Config, error) {
	c := Config{Group: "ticker"}
	secure := false
	err := option.Set{
		"brokers":       option.List(&c.Brokers),
		"topic":         option.Text(&c.Topic),
		"group":         option.Text(&c.Group),
		"start":         option.OneOf(&c.Start, map[string]Start{"latest": Latest, "earliest": Earliest}),
		"tls":           option.Bool(&secure),
		"sasl":          option.Text(&c.SASL),
		"user":          option.Text(&c.User),
		"password":      option.Text(&c.Password),
		"password_file": option.SecretFile(&c.Password),
	}.Parse(options)
	if err != nil {
		return Config{}, err
	}
	if secure {
		c.Secure()
	}
	return c, c.validate()
}

func (c *Config) validate() error {
	opts, err := c.options()
	switch {
	case err != nil:
		return err
	case c.Topic == "":
		return errors.New("topic is missing: the name of the topic to read")
	case c.Group == "":
		return errors.New("group is empty: want the name of a consumer group")
	}
	return kgo.ValidateOpts(opts...)
}
