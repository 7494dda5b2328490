package page

import (
	"math"
	"math/rand/v2"
	"time"

	"ticker/bench"
)

// sample says how large a report is.
type sample struct {
	servers []string
	rounds  int
	seconds int
}

// report makes up a report that looks like a real one, always the same.
func (s sample) report() *bench.Report {
	random := rand.New(rand.NewPCG(1, 2))
	r := &bench.Report{
		Title:   "compare",
		Command: "ticker bench compare --server ticker --server hub --rounds 3 --html report.html",
		Machine: bench.Machine{
			CPU: "AMD EPYC 7B13", Cores: 2, Memory: 8 << 30,
			Kernel: "Linux 6.8.0", Go: "go1.26.0", Commit: "54f2d54c0ffe",
		},
	}
	for range s.rounds {
		for i, name := range s.servers {
			r.Results = append(r.Results, s.result(random, name, i, bench.Standard()))
		}
	}
	r.Servers = bench.Summarize(r.Results)
	r.Curves = []bench.Curve{s.curve(random, "clients", "clients"), s.curve(random, "rate", "quotes/s")}
	return r
}

func (s sample) result(random *rand.Rand, name string, slower int, load bench.Load) bench.Result {
	load.Duration = bench.Duration(time.Duration(s.seconds) * time.Second)
	cost := math.Pow(1.6, float64(slower)) * (0.97 + 0.06*random.Float64())
	updates := uint64(load.Clients*435) * uint64(s.seconds)
	r := bench.Result{
		Server: name, Load: load, Window: load.Duration,
		Quotes:          uint64(load.Rate * s.seconds),
		ServerCPUMicros: int64(0.71 * cost * float64(updates)),
		EmptyBytes:      30 << 20, ConnectedBytes: 30<<20 + int64(cost*14_300)*int64(load.Clients), FullBytes: 64 << 20,
		Connected: load.Clients,
		Tally: bench.Tally{
			Clients: load.Clients, Frames: updates / 44, Updates: updates, Bytes: updates * 133,
			Ages: bench.NewAges(), Freshest: bench.NewAges(),
			Served:  map[uint64]int{128: load.Clients},
			Checked: updates / 100, CPUMicros: int64(updates) / 2,
		},
	}
	for range s.seconds {
		ages := sampleAges(random, cost)
		r.Ages.Merge(ages)
		r.Seconds = append(r.Seconds, bench.Second{
			Updates: uint64(float64(load.Clients*435) * (0.98 + 0.03*random.Float64())),
			Frames:  uint64(load.Clients * 10), Ages: ages,
		})
	}
	r.Freshest.Add(int64(900 * cost))
	return r
}

// sampleAges are up to an interval, and for a few a long tail more.
func sampleAges(random *rand.Rand, cost float64) *bench.Ages {
	ages := bench.NewAges()
	for range 2000 {
		ages.AddMany(int64(500*cost+100_000*random.Float64()*math.Sqrt(cost)+2000*cost*random.ExpFloat64()), 10)
	}
	if random.IntN(4) == 0 {
		ages.AddMany(int64(150_000*cost*(1+random.ExpFloat64())), 1+random.Int64N(20))
	}
	return ages
}

func (s sample) curve(random *rand.Rand, name, unit string) bench.Curve {
	c := bench.Curve{Name: name, Unit: unit}
	for _, n := range []int{125, 250, 500, 1000, 2000} {
		for i, server := range s.servers {
			load := bench.Standard()
			load.Clients = n
			r := s.result(random, server, i, load)
			r.ServerCPUMicros += 150_000 * int64(s.seconds)
			c.Points = append(c.Points, bench.Point{X: float64(n), Server: server, Result: bench.Summarize([]bench.Result{r})[0]})
		}
	}
	return c
}
