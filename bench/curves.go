package bench

import (
	"context"
	"fmt"
	"time"
)

// axis is one property of a load, and the values of it that a curve goes over.
type axis struct {
	name, unit string
	values     []int
	set        func(*Load, int)
}

// axes returns what the costs of a server are drawn against. Everything else
// stays as the load has it.
func axes() []axis {
	return []axis{
		{"clients", "clients", []int{125, 250, 500, 1000, 2000}, func(l *Load, n int) { l.Clients = n }},
		{"rate", "quotes/s", []int{1000, 10_000, 50_000, 100_000, 200_000, 400_000}, func(l *Load, n int) { l.Rate = n }},
		{"symbols", "symbols", []int{100, 1000, 10_000, 50_000}, func(l *Load, n int) {
			l.Symbols = n
			l.Active = min(l.Active, n)
		}},
		{"subscriptions", "symbols a client", []int{1, 5, 20, 50, 200, 1000}, func(l *Load, n int) { l.Subscriptions = min(n, l.Symbols) }},
		{"subscribers", "clients a symbol", []int{1, 10, 50, 200, 1000}, func(l *Load, n int) {
			// The same subscriptions in all, on fewer symbols.
			l.Symbols = max(l.Clients*l.Subscriptions/n, l.Subscriptions)
		}},
		{"interval", "ms", []int{20, 50, 100, 250, 1000}, func(l *Load, n int) { l.Interval = Duration(time.Duration(n) * time.Millisecond) }},
		{"active", "% of symbols change", []int{1, 3, 10, 30, 100}, func(l *Load, n int) { l.Active = max(l.Symbols*n/100, 1) }},
	}
}

// CurveNames lists the properties that Curves knows.
func CurveNames() []string {
	all := axes()
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].name
	}
	return names
}

// Curve measures servers against one property of the load.
func (h *Harness) Curve(ctx context.Context, name string, servers []Server, load Load) (Curve, []Result, error) {
	for _, a := range axes() {
		if a.name == name {
			return h.curve(ctx, &a, servers, load)
		}
	}
	return Curve{}, nil, fmt.Errorf("%q is no curve", name)
}

func (h *Harness) curve(ctx context.Context, a *axis, servers []Server, load Load) (Curve, []Result, error) {
	c := Curve{Name: a.name, Unit: a.unit}
	var results []Result
	for _, n := range a.values {
		at := load
		a.set(&at, n)
		for _, server := range servers {
			r, err := h.Run(ctx, server, at)
			if err != nil {
				return c, results, err
			}
			h.Say(fmt.Sprintf("%s %d: %s", a.name, n, r.Line()))
			results = append(results, *r)
			c.Points = append(c.Points, Point{X: float64(n), Server: server.Name, Result: Summarize([]Result{*r})[0]})
		}
	}
	return c, results, nil
}
