package nats

import (
	"fmt"
	"log/slog"
	"net/url"
	"strings"

	"ticker/internal/natsconn"
	"ticker/internal/option"
	"ticker/market"
)

const (
	// defaultSubject is where records go unless told otherwise.
	defaultSubject = "quotes." + symbolMark
	// symbolMark stands for the symbol in a subject.
	symbolMark = "{symbol}"
)

// Config says where to publish.
type Config struct {
	natsconn.Access
	// Subject is the template of subjects; {symbol} in it is the symbol.
	Subject string
	// Stream waits for the acknowledgements of a stream, which must be there and
	// take the subjects.
	Stream bool
	// Logger takes what the client library has to say. Nil logs nothing.
	Logger *slog.Logger
}

// ParseOptions reads the options url, which must be there, subject ("quotes.{symbol}"
// unless told otherwise), stream, user, password, password_file, token and creds. The
// error names the option that is missing, unknown or has a bad value.
func ParseOptions(options url.Values) (Config, error) {
	c := Config{Subject: defaultSubject}
	err := option.Set{
		"url":           option.List(&c.URLs),
		"subject":       option.Text(&c.Subject),
		"stream":        option.Bool(&c.Stream),
		"user":          option.Text(&c.User),
		"password":      option.Text(&c.Password),
		"password_file": option.SecretFile(&c.Password),
		"token":         option.Text(&c.Token),
		"creds":         option.File(&c.Creds),
	}.Parse(options)
	if err != nil {
		return Config{}, err
	}
	return c, c.validate()
}

func (c *Config) validate() error {
	if err := c.Validate(); err != nil {
		return err
	}
	if !natsconn.ValidSubject(subjectOf(c.Subject, "A"), false) {
		return fmt.Errorf("subject %q: want words with dots between them, and %s where the symbol goes", c.Subject, symbolMark)
	}
	return nil
}

// subjectOf returns the subject of a symbol.
func subjectOf(template string, symbol market.Symbol) string {
	word := strings.ReplaceAll(string(symbol), ".", "%2E")
	return strings.ReplaceAll(template, symbolMark, word)
}
