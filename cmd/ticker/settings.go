package main

import (
	"net/netip"
	"time"
)

// settings is the effective configuration of `ticker serve`. Durations and
// sizes have their unit in their documentation; keys.go names them all.
type settings struct {
	listen, admin  string
	adminPublic    bool
	data           string
	feeds          []feedSpec
	publish        []feedSpec
	allowedOrigins []string
	proxies        []netip.Prefix
	shutdown       time.Duration
	logLevel       string
	logFormat      string
	limits         limitSettings
	interval       intervalSettings
	heartbeat      time.Duration
	history        historySettings
	relay          relaySettings
	auth           authSettings
	tls            tlsSettings
	acme           acmeSettings
}

type limitSettings struct {
	sessions            int64
	perAddress          int64
	symbols             int64
	bookSymbols         int64
	messageBytes        int64
	commandsPerSecond   int64
	commandBurst        int64
	requestsPerSecond   int64
	handshakesPerSecond int64
	stall               time.Duration
	sessionAge          time.Duration
}

type historySettings struct {
	url              string
	every, retention time.Duration
	spoolBytes       int64
}

type intervalSettings struct {
	byDefault, min, max time.Duration
}

// defaults returns the settings of a service that nobody configured.
func defaults() *settings {
	return &settings{
		listen:    "127.0.0.1:8080",
		admin:     "127.0.0.1:9090",
		data:      "data",
		feeds:     []feedSpec{{kind: "sim"}},
		shutdown:  10 * time.Second,
		logLevel:  "info",
		logFormat: "auto",
		limits: limitSettings{
			sessions: 15_000, perAddress: 100, symbols: 1000, bookSymbols: 250_000,
			messageBytes: 64 << 10, commandsPerSecond: 20, commandBurst: 50,
			requestsPerSecond: 50, handshakesPerSecond: 500, stall: 2 * time.Minute, sessionAge: 24 * time.Hour,
		},
		interval:  intervalSettings{byDefault: 100 * time.Millisecond, min: 20 * time.Millisecond, max: time.Minute},
		heartbeat: 15 * time.Second,
		history: historySettings{
			url: historySQLite, every: time.Second, retention: 24 * time.Hour, spoolBytes: 1 << 30,
		},
		relay: relaySettings{role: roleAll, every: 50 * time.Millisecond},
	}
}
