package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

const (
	// crowdClients is how many clients one crowd process holds: their sockets
	// must not reach the limit of open files that machines usually have.
	crowdClients = 8000
	// connectRate is how many clients connect a second, all crowds together.
	connectRate = 2000
)

// Harness runs measurements.
type Harness struct {
	// Crowd is the command line that starts a crowd process.
	Crowd []string
	// Settle is how long a server that has started may come to rest before its
	// memory is read.
	Settle time.Duration
	// Say tells what goes on, one line at a time.
	Say func(line string)
}

// measurement is one run in the making.
type measurement struct {
	*Harness
	server Server
	load   Load
	result Result

	at     *place
	daemon *process // nil if somebody else runs the server
	crowds []*process
}

// Run measures one server under one load, once.
func (h *Harness) Run(ctx context.Context, server Server, load Load) (*Result, error) {
	if err := load.Validate(); err != nil {
		return nil, err
	}
	m := &measurement{Harness: h, server: server, load: load, result: Result{Server: server.Name, Load: load}}
	err := m.run(ctx)
	for _, c := range m.crowds {
		err = errors.Join(err, c.stop())
	}
	if m.daemon != nil {
		err = errors.Join(err, m.daemon.stop())
	}
	if err != nil {
		return nil, fmt.Errorf("measure %s: %w", server.Name, err)
	}
	return &m.result, nil
}

func (m *measurement) run(ctx context.Context) error {
	if err := m.serve(ctx); err != nil {
		return err
	}
	if err := m.readMemory(ctx, &m.result.EmptyBytes); err != nil {
		return err
	}
	if err := m.connect(ctx); err != nil {
		return err
	}
	if err := pause(ctx, time.Duration(m.load.Warmup)); err != nil {
		return err
	}
	if err := m.readMemory(ctx, &m.result.ConnectedBytes); err != nil {
		return err
	}
	return m.measure(ctx)
}

// serve starts the server and learns where it serves.
func (m *measurement) serve(ctx context.Context) error {
	if m.server.command == nil {
		m.at = m.server.ready(nil)
		return nil
	}
	var err error
	if m.daemon, err = start(m.server.Name, m.server.command(&m.load), true); err != nil {
		return err
	}
	for m.at == nil {
		line, err := m.daemon.next(ctx, startTimeout)
		if err != nil {
			return err
		}
		m.at = m.server.ready(line)
	}
	return pause(ctx, m.Settle)
}

// connect starts the crowds and has them subscribe.
func (m *measurement) connect(ctx context.Context) error {
	n := (m.load.Clients + crowdClients - 1) / crowdClients
	for i := range n {
		c, err := start(fmt.Sprintf("crowd %d", i+1), command{args: m.Crowd}, false)
		if err != nil {
			return err
		}
		m.crowds = append(m.crowds, c)
		job := Job{
			Dialect: m.server.Dialect, URL: m.at.url, Load: m.load, ConnectRate: connectRate / n,
			First: m.load.Clients * i / n, Clients: m.load.Clients*(i+1)/n - m.load.Clients*i/n,
		}
		if err := c.order(&Order{Connect: &job}); err != nil {
			return err
		}
	}
	patience := startTimeout + 4*time.Duration(m.load.Clients)*time.Second/connectRate
	for _, c := range m.crowds {
		reply, err := c.reply(ctx, patience)
		if err != nil {
			return err
		}
		m.result.Connected += reply.Connected
		m.result.Faults = add(m.result.Faults, reply.Faults)
	}
	return nil
}

// readMemory reads the server's memory, at rest as far as it can be brought to.
func (m *measurement) readMemory(ctx context.Context, to *int64) error {
	if m.daemon == nil {
		return nil
	}
	if m.at.collect != "" {
		if _, err := fetch(ctx, m.at.collect); err != nil {
			return m.daemon.fail(err)
		}
	}
	var err error
	*to, err = anonymousMemory(m.daemon.cmd.Process.Pid)
	return err
}

// reading is what a server has used and done so far.
type reading struct {
	at     time.Time
	cpu    time.Duration
	quotes uint64
}

func (m *measurement) read(ctx context.Context) (reading, error) {
	r := reading{at: time.Now()}
	if m.daemon == nil {
		return r, nil
	}
	var err error
	if r.cpu, err = processorTime(m.daemon.cmd.Process.Pid); err != nil {
		return r, m.daemon.fail(err)
	}
	page, err := fetch(ctx, m.at.quotes)
	if err != nil {
		return r, m.daemon.fail(err)
	}
	r.quotes, err = m.at.count(page)
	return r, err
}

// measure has the crowds count for the window, and reads the server's processor
// time at its ends.
func (m *measurement) measure(ctx context.Context) error {
	before, err := m.read(ctx)
	if err != nil {
		return err
	}
	for _, c := range m.crowds {
		if err := c.order(&Order{Measure: &m.load.Duration}); err != nil {
			return err
		}
	}
	if err := pause(ctx, time.Until(before.at.Add(time.Duration(m.load.Duration)))); err != nil {
		return err
	}
	after, err := m.read(ctx)
	if err != nil {
		return err
	}
	m.result.Window = Duration(after.at.Sub(before.at))
	m.result.ServerCPUMicros = (after.cpu - before.cpu).Microseconds()
	m.result.Quotes = after.quotes - before.quotes
	return m.gather(ctx)
}

// gather adds the tallies up.
func (m *measurement) gather(ctx context.Context) error {
	faults := m.result.Faults
	for i, c := range m.crowds {
		reply, err := c.reply(ctx, startTimeout)
		switch {
		case err != nil:
			return err
		case reply.Tally == nil:
			return c.fail(errors.New("it answered without a tally"))
		case i == 0:
			m.result.Tally = *reply.Tally
		default:
			m.result.Merge(reply.Tally)
		}
	}
	m.result.Faults = add(m.result.Faults, faults)
	if m.server.still {
		m.result.forgetAges()
	}
	return m.readMemory(ctx, &m.result.FullBytes)
}

// order tells a crowd what to do.
func (p *process) order(o *Order) error {
	text, err := json.Marshal(o)
	if err == nil {
		_, err = p.stdin.Write(append(text, '\n'))
	}
	if err != nil {
		return p.fail(fmt.Errorf("order: %w", err))
	}
	return nil
}

// reply reads what a crowd answers.
func (p *process) reply(ctx context.Context, timeout time.Duration) (*Reply, error) {
	line, err := p.next(ctx, timeout)
	if err != nil {
		return nil, err
	}
	var r Reply
	if err := json.NewDecoder(bytes.NewReader(line)).Decode(&r); err != nil {
		return nil, p.fail(fmt.Errorf("read reply: %w", err))
	}
	return &r, nil
}

// pause waits.
func pause(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
