package kafka

import (
	"errors"
	"net/url"

	"github.com/twmb/franz-go/pkg/kgo"

	"ticker/internal/kafkaconn"
	"ticker/internal/option"
)

// Config says where to publish.
type Config struct {
	kafkaconn.Access
	Topic string
}

// ParseOptions reads the options brokers and topic, which must be there, tls, sasl,
// user, password and password_file. The error names the option that is missing,
// unknown or has a bad value.
func ParseOptions(options url.Values) (Config, error) {
	var c Config
	secure := false
	err := option.Set{
		"brokers":       option.List(&c.Brokers),
		"topic":         option.Text(&c.Topic),
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
		return errors.New("topic is missing: the name of the topic to publish to")
	}
	return kgo.ValidateOpts(opts...)
}

// options are those of a client. Records leave at once: Send has made the batch.
func (c *Config) options() ([]kgo.Opt, error) {
	opts, err := c.Options()
	return append(opts, kgo.DefaultProduceTopic(c.Topic), kgo.RequiredAcks(kgo.AllISRAcks()), kgo.ProducerLinger(0)), err
}
