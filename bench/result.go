package bench

// Result is one measurement of one server.
type Result struct {
	Server string `json:"server"`
	Load   Load   `json:"load"`
	Tally
	// Window is how long was measured, in truth.
	Window Duration `json:"window"`
	// Quotes that the server took in within the window; below the rate when the
	// server is behind.
	Quotes uint64 `json:"quotes"`
	// ServerCPUMicros is the processor time of the server within the window.
	ServerCPUMicros int64 `json:"serverCPUMicros"`
	// EmptyBytes is the server's memory before the first client connected,
	// ConnectedBytes when all had subscribed, FullBytes at the end of the window.
	EmptyBytes     int64 `json:"emptyBytes"`
	ConnectedBytes int64 `json:"connectedBytes"`
	FullBytes      int64 `json:"fullBytes"`
	// Connected clients at the beginning of the window, of Load.Clients.
	Connected int `json:"connected"`
}

// perSecond returns a count as a rate over the window.
func (r *Result) perSecond(n uint64) float64 {
	if r.Window <= 0 {
		return 0
	}
	return float64(n) / r.Window.Seconds()
}

// FramesPerSecond returns the frames delivered a second.
func (r *Result) FramesPerSecond() float64 { return r.perSecond(r.Frames) }

// UpdatesPerSecond returns the records delivered a second.
func (r *Result) UpdatesPerSecond() float64 { return r.perSecond(r.Updates) }

// BytesPerSecond returns the bytes delivered a second.
func (r *Result) BytesPerSecond() float64 { return r.perSecond(r.Bytes) }

// QuotesPerSecond returns the quotes that the server took in a second.
func (r *Result) QuotesPerSecond() float64 { return r.perSecond(r.Quotes) }

// Cores returns how many processors the server kept busy.
func (r *Result) Cores() float64 { return r.perSecond(uint64(r.ServerCPUMicros)) / 1e6 }

// MicrosPerFrame returns the server's processor time for each frame delivered.
func (r *Result) MicrosPerFrame() float64 {
	return ratio(float64(r.ServerCPUMicros), float64(r.Frames))
}

// MicrosPerUpdate returns the server's processor time for each record delivered.
func (r *Result) MicrosPerUpdate() float64 {
	return ratio(float64(r.ServerCPUMicros), float64(r.Updates))
}

// BytesPerConnection returns the memory that the server's clients took, each.
func (r *Result) BytesPerConnection() float64 {
	return ratio(float64(r.ConnectedBytes-r.EmptyBytes), float64(r.Connected))
}

// Unserved returns how many clients were not connected at the end, or were sent
// less than a quarter of what the others were, on average.
func (r *Result) Unserved() int {
	n := r.Load.Clients - r.Clients
	for frames, clients := range r.Served {
		if most := 2 * frames; most*uint64(4*r.Clients) <= r.Frames {
			n += clients
		}
	}
	return max(n, 0)
}

func ratio(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}
