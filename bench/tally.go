package bench

import "maps"

// Dialect is what the clients of a crowd speak.
type Dialect string

// The dialects of the servers that can be driven.
const (
	// Ticker is this service's own protocol over WebSocket.
	Ticker Dialect = "ticker"
	// Centrifuge is the JSON protocol of the centrifuge library, a channel a symbol.
	Centrifuge Dialect = "centrifuge"
	// NATS is the NATS protocol over WebSocket, a subject a symbol.
	NATS Dialect = "nats"
)

// Job is what a crowd process is told to do: connect, subscribe, and be ready.
type Job struct {
	Dialect Dialect `json:"dialect"`
	// URL of the WebSocket.
	URL string `json:"url"`
	// First is the number of this crowd's first client among all; Clients is how
	// many it holds. A client's number decides its symbols and the address it
	// comes from.
	First   int `json:"first"`
	Clients int `json:"clients"`
	// ConnectRate is how many connect a second.
	ConnectRate int  `json:"connectRate"`
	Load        Load `json:"load"`
}

// Order is what a crowd process is told, one JSON object a line: first to
// connect, then to measure, as often as wanted. It ends when its input does.
type Order struct {
	Connect *Job      `json:"connect,omitempty"`
	Measure *Duration `json:"measure,omitempty"`
}

// Reply is what a crowd process answers to each order, one JSON object a line.
type Reply struct {
	// Connected answers Connect: how many clients have subscribed. The faults
	// tell why the others did not.
	Connected int            `json:"connected"`
	Faults    map[string]int `json:"faults,omitempty"`
	// Tally answers Measure.
	Tally *Tally `json:"tally,omitempty"`
}

// Tally is what clients were sent in a window of time.
type Tally struct {
	// Clients that were connected when the window ended.
	Clients int `json:"clients"`
	// Frames are messages of WebSocket that carry records; Updates are records;
	// Bytes are all that came over the sockets.
	Frames  uint64 `json:"frames"`
	Updates uint64 `json:"updates"`
	Bytes   uint64 `json:"bytes"`
	// Ages are those of every record; Freshest those of the newest record of every
	// frame. Slow are the ages of records at the clients that read slowly.
	Ages     *Ages `json:"ages"`
	Freshest *Ages `json:"freshest"`
	Slow     *Ages `json:"slow,omitempty"`
	// Served counts the clients by the frames they were sent, rounded to a power
	// of two below; 0 is none at all.
	Served map[uint64]int `json:"served"`
	// Lost are connections that ended within the window.
	Lost int `json:"lost"`
	// Disorder counts records whose seq was not above the one before of the same
	// symbol, at the clients that read every record in full: one in a hundred.
	Checked  uint64 `json:"checked"`
	Disorder uint64 `json:"disorder"`
	// CPUMicros is the processor time of the crowd itself.
	CPUMicros int64 `json:"cpuMicros"`
	// Seconds is how the window went, one second at a time.
	Seconds []Second `json:"seconds"`
	// Faults tells what went wrong, by kind.
	Faults map[string]int `json:"faults,omitempty"`
}

// forgetAges empties what was counted of the age and the order of records.
func (t *Tally) forgetAges() {
	t.Ages, t.Freshest, t.Slow, t.Disorder = NewAges(), NewAges(), nil, 0
	for i := range t.Seconds {
		t.Seconds[i].Ages = NewAges()
	}
}

// Second is what clients were sent in one second.
type Second struct {
	Updates uint64 `json:"updates"`
	Frames  uint64 `json:"frames"`
	Ages    *Ages  `json:"ages"`
}

// Merge adds what another crowd counted in the same window.
func (t *Tally) Merge(other *Tally) {
	t.Clients += other.Clients
	t.Frames += other.Frames
	t.Updates += other.Updates
	t.Bytes += other.Bytes
	t.Ages.Merge(other.Ages)
	t.Freshest.Merge(other.Freshest)
	if other.Slow != nil {
		if t.Slow == nil {
			t.Slow = NewAges()
		}
		t.Slow.Merge(other.Slow)
	}
	t.Lost += other.Lost
	t.Checked += other.Checked
	t.Disorder += other.Disorder
	t.CPUMicros += other.CPUMicros
	t.Served = add(t.Served, other.Served)
	t.Faults = add(t.Faults, other.Faults)
	for i, s := range other.Seconds {
		if i == len(t.Seconds) {
			t.Seconds = append(t.Seconds, Second{Ages: NewAges()})
		}
		t.Seconds[i].Updates += s.Updates
		t.Seconds[i].Frames += s.Frames
		t.Seconds[i].Ages.Merge(s.Ages)
	}
}

func add[K comparable](to, from map[K]int) map[K]int {
	to = maps.Clone(to)
	if to == nil {
		to = make(map[K]int, len(from))
	}
	for k, n := range from {
		to[k] += n
	}
	return to
}
