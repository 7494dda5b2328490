package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"ticker/bench"
	"ticker/bench/page"
)

// peersProgram is the program of the servers that ticker is measured beside.
const peersProgram = "ticker-peers"

// benchOptions are what the commands of `ticker bench` were told.
type benchOptions struct {
	load    bench.Load
	fields  []string
	url     string
	peers   string
	servers []string
	rounds  int
	most    int
	curves  []string
	json    string
	html    string
}

func newBenchOptions() *benchOptions { return &benchOptions{load: bench.Standard(), rounds: 1} }

// loadFlags adds the flags that every measurement has.
func (o *benchOptions) loadFlags(cmd *cobra.Command) {
	l, f := &o.load, cmd.Flags()
	f.IntVar(&l.Clients, "clients", l.Clients, "`NUMBER` of clients")
	f.IntVar(&l.Symbols, "symbols", l.Symbols, "`NUMBER` of symbols")
	f.IntVar(&l.Active, "active", l.Active, "`NUMBER` of symbols that change, 0 for all")
	f.IntVar(&l.Subscriptions, "subscriptions", l.Subscriptions, "`NUMBER` of symbols of each client, 0 for the pattern *")
	f.IntVar(&l.Rate, "rate", l.Rate, "`QUOTES` a second, by Zipf's law")
	f.DurationVar((*time.Duration)(&l.Interval), "interval", time.Duration(l.Interval), "`TIME` between two frames of a client")
	f.DurationVar((*time.Duration)(&l.Duration), "duration", time.Duration(l.Duration), "`TIME` that is measured")
	f.DurationVar((*time.Duration)(&l.Warmup), "warmup", time.Duration(l.Warmup), "`TIME` before that")
	f.StringSliceVar(&o.fields, "fields", l.Fields, "value `FIELDS` of records, or all")
	f.BoolVar(&l.Delta, "delta", l.Delta, "ask for differences; of ticker only")
	f.BoolVar(&l.MsgPack, "msgpack", l.MsgPack, "ask for MessagePack; of ticker only")
	f.Uint64Var(&l.Seed, "seed", l.Seed, "`SEED` of the market and of who watches what")
	f.IntVar(&l.Slow, "slow", l.Slow, "`NUMBER` of clients that read slowly")
	f.IntVar(&l.ReadRate, "read-rate", l.ReadRate, "`BYTES` a second that those read")
	f.IntVar(&l.ReadBuffer, "read-buffer", l.ReadBuffer, "`BYTES` of their receive buffers, 0 for the system's own")
	f.StringVar(&o.peers, "peers", "", "`PROGRAM` of the other servers; "+peersProgram+" beside this one or in PATH unless told")
	f.StringVar(&o.json, "json", "", "`FILE` to write everything to")
	f.StringVar(&o.html, "html", "", "`FILE` to draw plots into")
}

// report checks what was asked for, measures, and writes what was found: also
// the part that there is when a measurement failed.
func (o *benchOptions) report(cmd *cobra.Command, env *environment, measure func(*bench.Harness, []bench.Server, *bench.Report) error) error {
	servers, err := o.check()
	if err != nil {
		return err
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	h := &bench.Harness{
		Crowd:  []string{program, "bench", "crowd"},
		Settle: 2 * time.Second,
		Say:    func(line string) { _, _ = fmt.Fprintln(env.stderr, line) }, // the report says it again
	}
	r := &bench.Report{Title: cmd.Name(), Command: "ticker " + strings.Join(env.args, " "), Machine: bench.ThisMachine()}
	ctx, stop := signal.NotifyContext(cmd.Context(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	cmd.SetContext(ctx)
	failed := measure(h, servers, r)
	if r.Title == "fanout" || r.Title == "compare" {
		r.Servers = bench.Summarize(r.Results)
	}
	if len(r.Results) == 0 {
		return failed
	}
	return errors.Join(failed, r.WriteText(env.stdout), o.writeFiles(r))
}

// check refuses what makes no sense before anything is started.
func (o *benchOptions) check() ([]bench.Server, error) {
	o.load.Fields = o.fields
	if slices.Equal(o.fields, []string{"all"}) {
		o.load.Fields = nil
	}
	if err := o.load.Validate(); err != nil {
		return nil, usageError{err}
	}
	if o.rounds < 1 || o.rounds > 100 {
		return nil, usageError{fmt.Errorf("rounds must be 1 to 100, not %d", o.rounds)}
	}
	for _, name := range o.curves {
		if !slices.Contains(bench.CurveNames(), name) {
			return nil, usageError{fmt.Errorf("%q is no property to go over: want %s", name, strings.Join(bench.CurveNames(), ", "))}
		}
	}
	var servers []bench.Server
	for _, name := range o.servers {
		server, err := o.server(name)
		if err != nil {
			return nil, err
		}
		servers = append(servers, server)
	}
	return servers, nil
}

// server finds a server by its name.
func (o *benchOptions) server(name string) (bench.Server, error) {
	switch {
	case name == "ticker" && o.url != "":
		return o.running()
	case name == "ticker":
		program, err := os.Executable()
		if err != nil {
			return bench.Server{}, fmt.Errorf("find this program: %w", err)
		}
		return bench.Product(program), nil
	case !slices.Contains(bench.PeerNames(), name):
		return bench.Server{}, usageError{fmt.Errorf("%q is no server: want ticker, %s", name, strings.Join(bench.PeerNames(), ", "))}
	case o.load.Delta || o.load.MsgPack:
		return bench.Server{}, usageError{fmt.Errorf("%s knows neither --delta nor --msgpack", name)}
	}
	program, err := o.findPeers()
	if err != nil {
		return bench.Server{}, usageError{err}
	}
	return bench.Peer(program, name), nil
}

// running is a ticker that somebody started already.
func (o *benchOptions) running() (bench.Server, error) {
	if err := checkURL(o.url); err != nil {
		return bench.Server{}, err
	}
	url := strings.Replace(o.url, "http", "ws", 1)
	if !strings.Contains(strings.TrimPrefix(strings.TrimPrefix(url, "wss://"), "ws://"), "/") {
		url += "/v1/ws"
	}
	return bench.At(url), nil
}

func (o *benchOptions) findPeers() (string, error) {
	if o.peers != "" {
		return o.peers, nil
	}
	if self, err := os.Executable(); err == nil {
		if beside := filepath.Join(filepath.Dir(self), peersProgram); isProgram(beside) {
			return beside, nil
		}
	}
	if found, err := exec.LookPath(peersProgram); err == nil {
		return found, nil
	}
	return "", fmt.Errorf("%s is neither beside this program nor in PATH: `make peers` builds it, --peers names it", peersProgram)
}

func isProgram(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0
}

// writeFiles writes the report where it was asked for.
func (o *benchOptions) writeFiles(r *bench.Report) error {
	asJSON := func(to io.Writer) error {
		text := json.NewEncoder(to)
		text.SetIndent("", "  ")
		return text.Encode(r)
	}
	asPage := func(to io.Writer) error { return page.Write(to, r) }
	return errors.Join(writeReport(o.json, asJSON), writeReport(o.html, asPage))
}

// writeReport writes one file, if it has a name.
func writeReport(name string, write func(io.Writer) error) error {
	if name == "" {
		return nil
	}
	file, err := os.Create(name) //nolint:gosec // the file that was asked for
	if err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if err := errors.Join(write(file), file.Close()); err != nil {
		return fmt.Errorf("write report %s: %w", name, err)
	}
	return nil
}
