package embedded

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"ticker/internal/option"
)

const (
	defaultListen      = "127.0.0.1:4222"
	defaultMemoryBytes = 512 << 20
	defaultDiskBytes   = 1 << 30
)

// Config says how the server runs. Dir is required.
type Config struct {
	// Listen is HOST:PORT, 127.0.0.1:4222 if it is empty. The host is an IP address or
	// localhost.
	Listen string
	// Dir is where JetStream keeps what it keeps. It is made if it is not there.
	Dir string
	// Token is asked of everybody who connects; empty lets everybody in.
	Token string
	// Open allows an address that other machines reach without a token.
	Open bool
	// MemoryBytes and DiskBytes bound JetStream: 512 MiB, of which the backlog of the
	// relay is 256 unless configured, and 1 GiB, if they are 0.
	MemoryBytes, DiskBytes int
	// Engine has options for the engine of this node.
	Engine url.Values
	// Logger takes what the server says; nil logs nothing.
	Logger *slog.Logger
}

// ParseURL reads embedded:?OPTIONS. The options are listen, dir, token, token_file,
// open, memory and disk (both in bytes); all others are for the engine. dir is the
// directory if none is given. The error names the option that has a bad value, and shows
// no token.
func ParseURL(text, dir string) (Config, error) {
	path, query, _ := strings.Cut(text, "?")
	options, err := url.ParseQuery(query)
	if err != nil || strings.Trim(strings.TrimPrefix(path, "embedded:"), "/") != "" {
		return Config{}, errors.New("want embedded:?NAME=VALUE with & between the options")
	}
	c := Config{Dir: dir, Engine: options}
	own := option.Set{
		"listen":     option.Text(&c.Listen),
		"dir":        option.Text(&c.Dir),
		"token":      option.Text(&c.Token),
		"token_file": option.SecretFile(&c.Token),
		"open":       option.Bool(&c.Open),
		"memory":     option.Count(&c.MemoryBytes, 1<<20, 1<<40),
		"disk":       option.Count(&c.DiskBytes, 1<<20, 1<<50),
	}
	given := url.Values{}
	for name := range own {
		if options.Has(name) {
			given[name] = options[name]
			options.Del(name)
		}
	}
	if err := own.Parse(given); err != nil {
		return Config{}, err
	}
	_, err = c.complete()
	return c, err
}

// EngineURL is what package nats reads the configuration of this node's engine from. It
// shows the token.
func (c *Config) EngineURL() string {
	options := url.Values{}
	for name, values := range c.Engine {
		options[name] = values
	}
	if c.Token != "" {
		options.Set("token", c.Token)
	}
	listen, err := netip.ParseAddrPort(c.Listen)
	if err == nil && listen.Addr().IsUnspecified() {
		return "nats://" + net.JoinHostPort("localhost", strconv.Itoa(int(listen.Port()))) + "?" + options.Encode()
	}
	return "nats://" + c.Listen + "?" + options.Encode()
}

// complete puts defaults where nothing is said, and returns the address to listen on, or
// what is wrong.
func (c *Config) complete() (netip.AddrPort, error) {
	c.Listen = cmp.Or(c.Listen, defaultListen)
	c.MemoryBytes = cmp.Or(c.MemoryBytes, defaultMemoryBytes)
	c.DiskBytes = cmp.Or(c.DiskBytes, defaultDiskBytes)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	address := c.Listen
	if port, ok := strings.CutPrefix(address, "localhost:"); ok {
		address = "127.0.0.1:" + port
	}
	listen, err := netip.ParseAddrPort(address)
	switch {
	case err != nil || listen.Port() == 0:
		return netip.AddrPort{}, fmt.Errorf("listen %q: want an IP address and a port, like %s", c.Listen, defaultListen)
	case c.Token == "" && !c.Open && !listen.Addr().IsLoopback():
		return netip.AddrPort{}, fmt.Errorf("listen %q is open to other machines: want token or token_file, or open=true", c.Listen)
	case c.Dir == "":
		return netip.AddrPort{}, errors.New("dir is missing: the directory for what has to be kept")
	case c.MemoryBytes < 0 || c.DiskBytes < 0:
		return netip.AddrPort{}, errors.New("memory and disk must not be negative")
	}
	return listen, nil
}
