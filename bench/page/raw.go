package page

import (
	"encoding/json"
	"fmt"

	"ticker/bench"
)

// rawResult is one measurement as it stands in a report.
type rawResult struct {
	Number       int
	Server, Line string
	JSON         string
}

// plainResult is a result with percentiles in place of its histograms, which say
// nothing to people. The fields hide those of the same name that are deeper.
type plainResult struct {
	*bench.Result
	Ages     *percentiles  `json:"ages,omitempty"`
	Freshest *percentiles  `json:"freshest,omitempty"`
	Slow     *percentiles  `json:"slow,omitempty"`
	Seconds  []plainSecond `json:"seconds,omitempty"`
}

type plainSecond struct {
	*bench.Second
	Ages *percentiles `json:"ages,omitempty"`
}

// percentiles are ages in microseconds.
type percentiles struct {
	Count int64 `json:"count"`
	P50   int64 `json:"p50"`
	P99   int64 `json:"p99"`
	P999  int64 `json:"p999"`
	Max   int64 `json:"max"`
}

func newPercentiles(a *bench.Ages) *percentiles {
	if a == nil {
		return nil
	}
	return &percentiles{a.Count(), a.Percentile(50), a.Percentile(99), a.Percentile(99.9), a.Max()}
}

func rawResults(results []bench.Result) ([]rawResult, error) {
	raws := make([]rawResult, len(results))
	for i := range results {
		r := &results[i]
		text, err := json.MarshalIndent(newPlainResult(r), "", "  ")
		if err != nil {
			return nil, fmt.Errorf("encode result: %w", err)
		}
		raws[i] = rawResult{
			Number: i + 1, Server: r.Server, JSON: string(text),
			Line: fmt.Sprintf("%s clients, %s updates/s, %s an update",
				whole(r.Load.Clients), counts().write(r.UpdatesPerSecond()), micros().write(r.MicrosPerUpdate())),
		}
	}
	return raws, nil
}

func newPlainResult(r *bench.Result) *plainResult {
	p := &plainResult{
		Result:   r,
		Ages:     newPercentiles(r.Ages),
		Freshest: newPercentiles(r.Freshest),
		Slow:     newPercentiles(r.Slow),
	}
	for i := range r.Seconds {
		p.Seconds = append(p.Seconds, plainSecond{&r.Seconds[i], newPercentiles(r.Seconds[i].Ages)})
	}
	return p
}
