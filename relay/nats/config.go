package nats

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"ticker/internal/natsconn"
	"ticker/internal/option"
	"ticker/relay/internal/link"
)

const (
	defaultPrefix       = "ticker"
	defaultBacklogBytes = 256 << 20
	defaultReplicas     = 1
)

// Metrics are those of the engine.
type Metrics = link.Metrics

// NewMetrics makes the metrics and registers them; a nil reg registers them nowhere.
// Like every double registration, a second call with the same reg panics.
func NewMetrics(reg prometheus.Registerer) *Metrics { return link.NewMetrics(reg, "nats") }

// Config says where the servers are, and what is kept there. URLs are required.
type Config struct {
	natsconn.Access
	// Prefix begins the names of subjects, streams and buckets: 1 to 32 of
	// A-Z a-z 0-9 _ -, "ticker" if it is empty. All nodes have the same.
	Prefix string
	// BacklogBytes bounds the backlog in the server's memory; 256 MiB if it is 0.
	BacklogBytes int
	// Replicas is how many servers have copies of what is kept, 1 to 5; 1 if it is 0.
	Replicas int
	// Logger takes a line when the connection changes; nil logs nothing.
	Logger *slog.Logger
	// Metrics counts; nil counts for nobody.
	Metrics *Metrics
}

// ParseURL reads nats://HOST[:PORT][,HOST[:PORT]…][?OPTIONS], or tls:// likewise. The
// options are prefix, backlog (bytes), replicas, user, password, token, both also as
// _file, and creds. The error names the option that is unknown or has a bad value, and
// shows no password.
func ParseURL(text string) (Config, error) {
	servers, query, _ := strings.Cut(text, "?")
	options, err := url.ParseQuery(query)
	if err != nil {
		return Config{}, errors.New("want options as NAME=VALUE with & between them")
	}
	var c Config
	err = option.Set{
		"prefix":        option.Text(&c.Prefix),
		"backlog":       option.Count(&c.BacklogBytes, 1<<20, 1<<40),
		"replicas":      option.Count(&c.Replicas, 1, 5),
		"user":          option.Text(&c.User),
		"password":      option.Text(&c.Password),
		"password_file": option.SecretFile(&c.Password),
		"token":         option.Text(&c.Token),
		"token_file":    option.SecretFile(&c.Token),
		"creds":         option.File(&c.Creds),
	}.Parse(options)
	if err != nil {
		return Config{}, err
	}
	scheme, hosts, _ := strings.Cut(servers, "://")
	for host := range strings.SplitSeq(hosts, ",") {
		c.URLs = append(c.URLs, scheme+"://"+host)
	}
	return c, c.complete()
}

// complete puts defaults where nothing is said, and names what is wrong.
func (c *Config) complete() error {
	c.Prefix = cmp.Or(c.Prefix, defaultPrefix)
	c.BacklogBytes = cmp.Or(c.BacklogBytes, defaultBacklogBytes)
	c.Replicas = cmp.Or(c.Replicas, defaultReplicas)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Metrics == nil {
		c.Metrics = NewMetrics(nil)
	}
	switch {
	case !link.ValidPrefix(c.Prefix):
		return fmt.Errorf("prefix %q: want 1 to 32 of A-Z a-z 0-9 _ -", c.Prefix)
	case c.BacklogBytes < 0 || c.Replicas < 0:
		return errors.New("backlog and replicas must not be negative")
	}
	return c.Validate()
}
