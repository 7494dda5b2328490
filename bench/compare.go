package bench

import (
	"context"
	"fmt"
)

// Compare measures several servers under one load, in turn, for several rounds,
// and returns every result. A machine that changes its pace in the meantime
// changes it for all of them: what counts is the ratios within a round.
func (h *Harness) Compare(ctx context.Context, servers []Server, load Load, rounds int) ([]Result, error) {
	results := make([]Result, 0, rounds*len(servers))
	for round := range rounds {
		for _, server := range servers {
			r, err := h.Run(ctx, server, load)
			if err != nil {
				return results, err
			}
			h.Say(fmt.Sprintf("round %d of %d: %s", round+1, rounds, r.Line()))
			results = append(results, *r)
		}
	}
	return results, nil
}

// Line returns the most important figures in one line.
func (r *Result) Line() string {
	return fmt.Sprintf("%s: %d clients, %s updates/s, %.2f cores, %.2f µs an update, age p50 %s p99 %s, newest %s, unserved %d, lost %d",
		r.Server, r.Load.Clients, count(r.UpdatesPerSecond()), r.Cores(), r.MicrosPerUpdate(),
		micros(r.Ages.Percentile(50)), micros(r.Ages.Percentile(99)), micros(r.Freshest.Percentile(50)), r.Unserved(), r.Lost)
}

// Capacity looks for the largest number of clients that a server serves in time:
// all of them connected and served, none lost, the whole rate taken in, and the
// 99th percentile of age at most two intervals. It begins with load.Clients and
// returns the number, 0 if nothing was served in time, and every result.
func (h *Harness) Capacity(ctx context.Context, server Server, load Load, most int) (int, []Result, error) {
	var results []Result
	try := func(clients int) (bool, error) {
		load.Clients = clients
		r, err := h.Run(ctx, server, load)
		if err != nil {
			return false, err
		}
		results = append(results, *r)
		held := r.InTime()
		h.Say(fmt.Sprintf("in time: %t: %s", held, r.Line()))
		return held, nil
	}
	held, err := search(load.Clients, most, try)
	return held, results, err
}

// search looks for the largest number for which try holds, and for all below it.
// It doubles from the first until that fails or most is passed, then halves the
// gap until it is a sixteenth.
func search(first, most int, try func(int) (bool, error)) (held int, err error) {
	failed := 0
	for n := first; n <= most; {
		ok, err := try(n)
		switch {
		case err != nil:
			return held, err
		case ok:
			held = n
		default:
			failed = n
		}
		switch gap := failed - held; {
		case failed == 0:
			n *= 2
		case gap <= max(failed/16, 1):
			return held, nil
		default:
			n = held + gap/2
		}
	}
	return held, nil
}

// InTime reports whether every client was served in time.
func (r *Result) InTime() bool {
	const enough = 0.95 // of the rate; the rest is what a window's ends cut off
	return r.Connected == r.Load.Clients && r.Unserved() == 0 && r.Lost == 0 &&
		r.QuotesPerSecond() >= enough*float64(r.Load.Rate) &&
		r.Ages.Percentile(99) <= 2*int64(r.Load.Interval)/1000
}
