package redisconn

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// Access says where the server is, who we are, and how long we wait.
type Access struct {
	// Address is redis://HOST[:PORT][/DATABASE], or rediss:// for TLS.
	Address *url.URL
	// User and Password replace those of the address, unless they are empty.
	User, Password string
	// DialTime bounds the time to a connection, AnswerTime the wait for an answer.
	DialTime, AnswerTime time.Duration
}

// Options are what the library wants to know. The error shows the address without its
// password.
func (a *Access) Options() (*redis.Options, error) {
	database, err := parseDatabase(a.Address)
	if err != nil {
		return nil, fmt.Errorf("url %q: %w", a.Address.Redacted(), err)
	}
	login := a.Address.User
	password, _ := login.Password()
	o := &redis.Options{
		Addr:     net.JoinHostPort(a.Address.Hostname(), cmp.Or(a.Address.Port(), "6379")),
		DB:       database,
		Username: cmp.Or(a.User, login.Username()), Password: cmp.Or(a.Password, password), ClientName: "ticker",
		// One connection, and nothing twice.
		PoolSize: 1, PipelinePoolSize: -1, MaxRetries: -1, DialerRetries: 1,
		DialTimeout: a.DialTime, ReadTimeout: a.AnswerTime, ContextTimeoutEnabled: true, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
	if a.Address.Scheme == "rediss" {
		o.TLSConfig = &tls.Config{ServerName: a.Address.Hostname(), MinVersion: tls.VersionTLS12}
	}
	return o, nil
}

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
