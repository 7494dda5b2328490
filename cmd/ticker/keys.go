package main

import (
	"fmt"
	"strings"
	"time"
)

// key is one setting: its path in the file, what it means, and its value in
// the settings. The path is its name everywhere: limits.sessions is
// TICKER_LIMITS_SESSIONS in the environment.
type key struct {
	path  string
	help  string
	value func(*settings) value
}

// env returns the key's environment variable.
func (k key) env() string {
	return "TICKER_" + strings.ToUpper(strings.ReplaceAll(k.path, ".", "_"))
}

// keys lists every setting, in the order in which they are printed.
func keys() []key {
	return []key{
		{"listen", "public address: dashboard, HTTP and WebSocket", func(s *settings) value { return (*addressValue)(&s.listen) }},
		{"admin", "admin address: health, metrics, profiles", func(s *settings) value { return (*addressValue)(&s.admin) }},
		{"admin_public", "the admin address may be one that other machines reach", func(s *settings) value { return (*flagValue)(&s.adminPublic) }},
		{"data", "directory for what the service keeps", func(s *settings) value { return (*textValue)(&s.data) }},
		{"feeds", "sources of quotes, as SPECs or as mappings with a kind", func(s *settings) value { return (*feedsValue)(&s.feeds) }},
		{"publish", "systems that get the newest records, as SPECs or as mappings with a kind", func(s *settings) value { return (*sinksValue)(&s.publish) }},
		{"allowed_origins", "browser origins allowed besides the service's own", func(s *settings) value { return (*originsValue)(&s.allowedOrigins) }},
		{"proxies", "addresses and networks of the proxies in front, which are believed when they say for whom they speak", func(s *settings) value { return (*networksValue)(&s.proxies) }},
		{"shutdown.timeout", "the longest a shutdown may take", durationKey(func(s *settings) *time.Duration { return &s.shutdown }, time.Second, 10*time.Minute)},
		{"log.level", "debug, info, warn or error", choiceKey(func(s *settings) *string { return &s.logLevel }, "debug", "info", "warn", "error")},
		{"log.format", "text, json, or auto: text on a terminal", choiceKey(func(s *settings) *string { return &s.logFormat }, "auto", "text", "json")},
		{"limits.sessions", "most sessions at once", integerKey(func(s *settings) *int64 { return &s.limits.sessions }, 1, 1_000_000)},
		{"limits.per_address", "most sessions of one address", integerKey(func(s *settings) *int64 { return &s.limits.perAddress }, 1, 1_000_000)},
		{"limits.symbols", "most names and patterns of a session", integerKey(func(s *settings) *int64 { return &s.limits.symbols }, 1, 100_000)},
		{"limits.book_symbols", "most symbols in the book", integerKey(func(s *settings) *int64 { return &s.limits.bookSymbols }, 1, 10_000_000)},
		{"limits.message_bytes", "largest message of a client", integerKey(func(s *settings) *int64 { return &s.limits.messageBytes }, 1024, 16<<20)},
		{"limits.commands_per_second", "commands of a client, in the long run", integerKey(func(s *settings) *int64 { return &s.limits.commandsPerSecond }, 1, 100_000)},
		{"limits.command_burst", "commands of a client at once", integerKey(func(s *settings) *int64 { return &s.limits.commandBurst }, 1, 100_000)},
		{"limits.requests_per_second", "requests over HTTP of one credential or address that read, in the long run", integerKey(func(s *settings) *int64 { return &s.limits.requestsPerSecond }, 1, 100_000)},
		{"limits.handshakes_per_second", "new sessions a second", integerKey(func(s *settings) *int64 { return &s.limits.handshakesPerSecond }, 1, 100_000)},
		{"limits.stall", "a client that acknowledges nothing for so long is closed", durationKey(func(s *settings) *time.Duration { return &s.limits.stall }, time.Second, time.Hour)},
		{"limits.session_age", "how long a session may last, a tenth more or less; 0s is for ever", durationKey(func(s *settings) *time.Duration { return &s.limits.sessionAge }, 0, 365*24*time.Hour)},
		{"fanout.heartbeat", "time between two signs of life", durationKey(func(s *settings) *time.Duration { return &s.heartbeat }, time.Second, 10*time.Minute)},
		{"fanout.interval.default", "interval of a client that asks for none", intervalKey(func(s *settings) *time.Duration { return &s.interval.byDefault })},
		{"fanout.interval.min", "smallest interval granted", intervalKey(func(s *settings) *time.Duration { return &s.interval.min })},
		{"fanout.interval.max", "largest interval granted", intervalKey(func(s *settings) *time.Duration { return &s.interval.max })},
		{"history.url", "where history is kept: off, sqlite:[PATH], or postgres://…", func(s *settings) value { return (*historyValue)(&s.history.url) }},
		{"history.every", "each changed symbol leaves one record in so long; 0s keeps every update", func(s *settings) value { return (*everyValue)(&s.history.every) }},
		{"history.retention", "days older than that are dropped; 0s keeps them for ever", durationKey(func(s *settings) *time.Duration { return &s.history.retention }, 0, 100*365*24*time.Hour)},
		{"history.spool_bytes", "most bytes on disk that wait for a store that is slow or away", integerKey(func(s *settings) *int64 { return &s.history.spoolBytes }, 1<<20, 1<<40)},
		{"tls.cert_file", "certificates of the public listener in PEM, its own first", optionalKey(func(s *settings) *string { return &s.tls.certFile })},
		{"tls.key_file", "the key of the certificate in PEM", optionalKey(func(s *settings) *string { return &s.tls.keyFile })},
		{"tls.acme.domains", "names that a certificate authority issues the certificate for", func(s *settings) value { return (*domainsValue)(&s.acme.domains) }},
		{"tls.acme.cache", "directory for the issued certificate and its keys; below data unless given", optionalKey(func(s *settings) *string { return &s.acme.cache })},
		{"tls.acme.directory", "URL of the certificate authority; Let's Encrypt unless given", func(s *settings) value { return (*directoryValue)(&s.acme.directory) }},
		{"tls.acme.email", "address that the authority is told", func(s *settings) value { return (*emailValue)(&s.acme.email) }},
		{"relay.url", "what carries the stream between several nodes: nats://…, redis://…, or embedded:", func(s *settings) value { return (*relayValue)(&s.relay.url) }},
		{"relay.role", "what this node does: all, ingest, edge or recorder", choiceKey(func(s *settings) *string { return &s.relay.role }, roleAll, roleIngest, roleEdge, roleRecorder)},
		{"relay.every", "time from one round of the relay to the next", durationKey(func(s *settings) *time.Duration { return &s.relay.every }, 10*time.Millisecond, 5*time.Second)},
		{"auth.mode", "who may connect: none asks nobody, jwt wants tokens, keys wants API keys", choiceKey(func(s *settings) *string { return &s.auth.mode }, authNone, authJWT, authKeys)},
		{"auth.allow_query", "take credentials from URLs, too", func(s *settings) value { return (*flagValue)(&s.auth.allowQuery) }},
		{"auth.delays", "how late clients of delayed plans see quotes, one duration a plan", func(s *settings) value { return (*delaysValue)(&s.auth.delays) }},
		{"auth.revoked_file", "tokens and subjects that are accepted no more, jti:ID or sub:NAME a line", optionalKey(func(s *settings) *string { return &s.auth.revokedFile })},
		{"auth.keys", "API keys, as mappings with id and sha256", func(s *settings) value { return (*apiKeysValue)(&s.auth.keys) }},
		{"auth.jwt.algorithm", "how tokens are signed", choiceKey(func(s *settings) *string { return &s.auth.jwt.algorithm }, "HS256", "RS256", "ES256", "EdDSA")},
		{"auth.jwt.secret", "the secret of HS256", func(s *settings) value { return (*secretValue)(&s.auth.jwt.secret) }},
		{"auth.jwt.secret_file", "a file with the secret of HS256", optionalKey(func(s *settings) *string { return &s.auth.jwt.secretFile })},
		{"auth.jwt.key_file", "a file with public keys in PEM", optionalKey(func(s *settings) *string { return &s.auth.jwt.keyFile })},
		{"auth.jwt.jwks_url", "where public keys are published", optionalKey(func(s *settings) *string { return &s.auth.jwt.jwksURL })},
		{"auth.jwt.issuer", "what a token's iss must be", optionalKey(func(s *settings) *string { return &s.auth.jwt.issuer })},
		{"auth.jwt.audience", "what a token's aud must hold", optionalKey(func(s *settings) *string { return &s.auth.jwt.audience })},
	}
}

func durationKey(at func(*settings) *time.Duration, least, most time.Duration) func(*settings) value {
	return func(s *settings) value { return &durationValue{at: at(s), least: least, most: most} }
}

func intervalKey(at func(*settings) *time.Duration) func(*settings) value {
	return durationKey(at, time.Millisecond, time.Hour)
}

func integerKey(at func(*settings) *int64, least, most int64) func(*settings) value {
	return func(s *settings) value { return &integerValue{at: at(s), least: least, most: most} }
}

func choiceKey(at func(*settings) *string, choices ...string) func(*settings) value {
	return func(s *settings) value { return &choiceValue{at: at(s), choices: choices} }
}

func optionalKey(at func(*settings) *string) func(*settings) value {
	return func(s *settings) value { return (*optionalValue)(at(s)) }
}

// findKey returns the key of a path.
func findKey(path string) (key, bool) {
	for _, k := range keys() {
		if k.path == path {
			return k, true
		}
	}
	return key{}, false
}

// isSection reports whether keys stand below a path.
func isSection(path string) bool {
	for _, k := range keys() {
		if strings.HasPrefix(k.path, path+".") {
			return true
		}
	}
	return false
}

// nearest returns the key or section whose path is most like the given one,
// for people who mistyped it; empty if none is near.
func nearest(path string) string {
	best, least := "", len(path)/2+1
	for _, k := range keys() {
		for name := k.path; name != ""; name = parent(name) {
			if d := distance(path, name); d < least {
				best, least = name, d
			}
		}
	}
	return best
}

func parent(path string) string {
	i := strings.LastIndexByte(path, '.')
	return path[:max(i, 0)]
}

// distance counts the letters to add, drop or change to turn a into b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := before
			if a[i] != b[j] {
				change++
			}
			before = row[j+1]
			row[j+1] = min(change, row[j]+1, before+1)
		}
	}
	return row[len(b)]
}

// mistake is one thing wrong with the configuration.
type mistake struct {
	origin origin
	key    string
	text   string
}

// origin is where a setting was given: a line of a file, a variable, a flag.
type origin struct {
	place string
	line  int
}

// String writes file:line, or the place alone.
func (o origin) String() string {
	if o.line > 0 {
		return fmt.Sprintf("%s:%d", o.place, o.line)
	}
	return o.place
}

// Error writes where, which key, and what is wrong with it.
func (m mistake) Error() string {
	if m.key == "" {
		return fmt.Sprintf("%v: %s", m.origin, m.text)
	}
	return fmt.Sprintf("%v: %s: %s", m.origin, m.key, m.text)
}
