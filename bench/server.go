package bench

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Server is a server that can be driven.
type Server struct {
	Name    string
	Dialect Dialect
	// still says that it sends the same records over and over: neither their age
	// nor their order means anything.
	still bool
	// command returns what starts the server for a load.
	command func(*Load) command
	// ready finds in a line of its output where it serves; nil until it does.
	ready func(line []byte) *place
}

// command is a command line, and what is added to the environment.
type command struct {
	args []string
	env  []string
}

// place is where a server is reached.
type place struct {
	url string
	// collect is a page whose reading has the server collect its garbage; empty
	// if there is none.
	collect string
	// quotes is the page that tells how many quotes it took in, and count finds
	// them there.
	quotes string
	count  func(page []byte) (uint64, error)
}

// Product returns the service itself, started from its program.
func Product(program string) Server {
	return Server{
		Name: "ticker", Dialect: Ticker,
		command: func(l *Load) command { return productCommand(program, l) },
		ready:   productReady,
	}
}

func productCommand(program string, l *Load) command {
	market := url.Values{
		"symbols": {strconv.Itoa(l.Symbols)}, "active": {strconv.Itoa(l.Active)},
		"rate": {strconv.Itoa(l.Rate)}, "seed": {strconv.FormatUint(l.Seed, 10)},
	}
	// The limits are there against strangers; here everybody comes at once and
	// from one machine.
	return command{
		args: []string{
			program, "serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0",
			"--history", "off", "--feed", "sim:?" + market.Encode(),
		},
		env: []string{
			"TICKER_LOG_FORMAT=json", "TICKER_LIMITS_HANDSHAKES_PER_SECOND=10000",
			"TICKER_LIMITS_SESSIONS=" + strconv.Itoa(l.Clients+100),
			"TICKER_LIMITS_SYMBOLS=" + strconv.Itoa(max(1000, l.Subscriptions)),
			"TICKER_LIMITS_MESSAGE_BYTES=" + strconv.Itoa(max(64<<10, 32*l.Subscriptions)),
			"TICKER_FANOUT_INTERVAL_MIN=1ms",
		},
	}
}

// productReady reads the log line that tells the addresses.
func productReady(line []byte) *place {
	var said struct{ Msg, Websocket, Admin string }
	if json.Unmarshal(line, &said) != nil || said.Msg != "serving" {
		return nil
	}
	profile := strings.TrimSuffix(said.Admin, "/metrics") + "/debug/pprof/heap?gc=1"
	return &place{url: said.Websocket, quotes: said.Admin, count: countAccepted, collect: profile}
}

// countAccepted sums what the feeds took in, as Prometheus reads it.
func countAccepted(page []byte) (uint64, error) {
	sum := 0.0
	for lines := bufio.NewScanner(bytes.NewReader(page)); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), " ")
		if !strings.HasPrefix(name, "ticker_feed_updates_total{") || !strings.Contains(name, `result="accepted"`) {
			continue
		}
		n, err := strconv.ParseFloat(value, 64)
		if err != nil {
			return 0, fmt.Errorf("read metrics: %w", err)
		}
		sum += n
	}
	return uint64(sum), nil
}

// PeerNames lists the servers that the peers' program has, in the order in which
// they are best told: from the floor up.
func PeerNames() []string {
	return []string{
		"raw", "raw-conflating", "hub", "hub-tuned",
		"centrifuge", "centrifuge-conflated", "nats", "nats-conflated",
	}
}

// Peer returns one of the servers of others, started from the peers' program.
func Peer(program, name string) Server {
	dialect := Ticker
	switch {
	case strings.HasPrefix(name, "centrifuge"):
		dialect = Centrifuge
	case strings.HasPrefix(name, "nats"):
		dialect = NATS
	}
	return Server{
		Name: name, Dialect: dialect, still: name == "raw",
		command: func(l *Load) command {
			args := []string{
				program, name, "-with-stdin", "-symbols", strconv.Itoa(l.Symbols), "-active", strconv.Itoa(l.Active),
				"-rate", strconv.Itoa(l.Rate), "-seed", strconv.FormatUint(l.Seed, 10), "-interval", l.Interval.String(),
			}
			if len(l.Fields) > 0 {
				args = append(args, "-fields", strings.Join(l.Fields, ","))
			}
			return command{args: args}
		},
		ready: peerReady,
	}
}

func peerReady(line []byte) *place {
	var said struct{ URL, Stats, Collect string }
	if json.Unmarshal(line, &said) != nil || said.URL == "" {
		return nil
	}
	return &place{url: said.URL, quotes: said.Stats, collect: said.Collect, count: func(page []byte) (uint64, error) {
		var stats struct{ Quotes uint64 }
		if err := json.Unmarshal(page, &stats); err != nil {
			return 0, fmt.Errorf("read stats: %w", err)
		}
		return stats.Quotes, nil
	}}
}

// At returns a server that runs already, somewhere: nothing is known of its
// process.
func At(websocket string) Server {
	return Server{Name: "ticker", Dialect: Ticker, ready: func([]byte) *place { return &place{url: websocket} }}
}

const (
	fetchTimeout = 5 * time.Second
	maxPage      = 64 << 20
)

// fetch reads a page.
func fetch(ctx context.Context, page string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, fetchTimeout)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	if err != nil {
		return nil, fmt.Errorf("ask server: %w", err)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, fmt.Errorf("ask server: %w", err)
	}
	defer func() { _ = answer.Body.Close() }() // it was only read
	text, err := io.ReadAll(io.LimitReader(answer.Body, maxPage))
	if err != nil {
		return nil, fmt.Errorf("read answer: %w", err)
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("ask server: %s: %s", page, answer.Status)
	}
	return text, nil
}
