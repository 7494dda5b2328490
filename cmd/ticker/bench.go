package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ticker/bench"
	"ticker/bench/crowd"
)

func newBenchCommand(env *environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure this service, and others beside it, under load",
		Long: "bench starts a server and clients in processes of their own, on this machine, and\n" +
			"reports what the clients were sent, how old it was, and what it cost the server.\n" +
			"Quotes come on a schedule that nobody can slow down, and age counts from the time\n" +
			"a quote was due.",
		Args: noCommand,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		newBenchFanoutCommand(env), newBenchCompareCommand(env), newBenchCapacityCommand(env),
		newBenchCurvesCommand(env), newBenchCrowdCommand(env),
	)
	return cmd
}

func newBenchFanoutCommand(env *environment) *cobra.Command {
	o := newBenchOptions()
	server := "ticker"
	cmd := &cobra.Command{
		Use:   "fanout",
		Short: "Measure one server",
		Long: "fanout measures one server: this program, or one of " + strings.Join(bench.PeerNames(), ", ") + ".\n" +
			"Those are another program, " + peersProgram + ", which `make peers` builds.",
		Example: "  ticker bench fanout --clients 200 --subscriptions 0 --html report.html\n" +
			"  ticker bench fanout --server hub-tuned",
		Args: takes(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.servers = []string{server}
			return o.report(cmd, env, func(h *bench.Harness, servers []bench.Server, r *bench.Report) (err error) {
				r.Results, err = h.Compare(cmd.Context(), servers, o.load, 1)
				return err
			})
		},
	}
	cmd.Flags().StringVar(&server, "server", server, "`SERVER` to measure")
	cmd.Flags().StringVar(&o.url, "url", "", "WebSocket `URL` of a ticker that runs already; what it costs is not known then")
	o.loadFlags(cmd)
	return cmd
}

func newBenchCompareCommand(env *environment) *cobra.Command {
	o := newBenchOptions()
	cmd := &cobra.Command{
		Use:   "compare",
		Short: "Measure several servers in turn, for several rounds",
		Long: "compare measures several servers in turn, for several rounds, under the same load,\n" +
			"and prints medians, and ratios of the first server to each other within a round.",
		Example: "  ticker bench compare --servers ticker,raw-conflating,hub-tuned --rounds 5 --html report.html",
		Args:    takes(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.report(cmd, env, func(h *bench.Harness, servers []bench.Server, r *bench.Report) (err error) {
				r.Results, err = h.Compare(cmd.Context(), servers, o.load, o.rounds)
				return err
			})
		},
	}
	cmd.Flags().StringSliceVar(&o.servers, "servers", []string{"ticker", "raw-conflating", "hub-tuned"}, "`SERVERS` to measure, the first is what the others are compared with")
	cmd.Flags().IntVar(&o.rounds, "rounds", 3, "`NUMBER` of rounds, 1 to 100")
	o.loadFlags(cmd)
	return cmd
}

func newBenchCapacityCommand(env *environment) *cobra.Command {
	o := newBenchOptions()
	o.load.Clients, o.load.Duration = 250, bench.Duration(10*time.Second)
	cmd := &cobra.Command{
		Use:   "capacity",
		Short: "Find how many clients a server holds",
		Long: "capacity finds the largest number of clients that each server serves in time: every\n" +
			"one connected and served, none lost, every quote taken in, and 99 of 100 records at\n" +
			"most two intervals old. It begins with --clients, doubles, and then halves the gap.",
		Args: takes(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.report(cmd, env, func(h *bench.Harness, servers []bench.Server, r *bench.Report) error {
				return o.capacity(cmd, env, h, servers, r)
			})
		},
	}
	cmd.Flags().StringSliceVar(&o.servers, "servers", []string{"ticker"}, "`SERVERS` to measure")
	cmd.Flags().IntVar(&o.most, "most", 16_000, "`CLIENTS` beyond which it does not go")
	o.loadFlags(cmd)
	return cmd
}

// capacity finds the capacity of each server and prints it.
func (o *benchOptions) capacity(cmd *cobra.Command, env *environment, h *bench.Harness, servers []bench.Server, r *bench.Report) error {
	for _, server := range servers {
		held, results, err := h.Capacity(cmd.Context(), server, o.load, o.most)
		r.Results = append(r.Results, results...)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintf(env.stdout, "%s: %d clients in time\n", server.Name, held); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
	return nil
}

func newBenchCurvesCommand(env *environment) *cobra.Command {
	o := newBenchOptions()
	o.load.Duration = bench.Duration(8 * time.Second)
	cmd := &cobra.Command{
		Use:   "curves",
		Short: "Draw what costs follow: clients, symbols, rate and so on",
		Long: "curves measures servers while one property of the load changes and the rest stays:\n" +
			strings.Join(bench.CurveNames(), ", ") + ".",
		Example: "  ticker bench curves --only clients,rate --html curves.html",
		Args:    takes(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return o.report(cmd, env, func(h *bench.Harness, servers []bench.Server, r *bench.Report) error {
				return o.draw(cmd.Context(), h, servers, r)
			})
		},
	}
	cmd.Flags().StringSliceVar(&o.servers, "servers", []string{"ticker"}, "`SERVERS` to measure")
	cmd.Flags().StringSliceVar(&o.curves, "only", bench.CurveNames(), "`PROPERTIES` to go over")
	o.loadFlags(cmd)
	return cmd
}

func (o *benchOptions) draw(ctx context.Context, h *bench.Harness, servers []bench.Server, r *bench.Report) error {
	for _, name := range o.curves {
		curve, results, err := h.Curve(ctx, name, servers, o.load)
		r.Results = append(r.Results, results...)
		r.Curves = append(r.Curves, curve)
		if err != nil {
			return err
		}
	}
	return nil
}

// newBenchCrowdCommand is what the other commands start their clients with.
func newBenchCrowdCommand(env *environment) *cobra.Command {
	return &cobra.Command{
		Use:    "crowd",
		Short:  "Hold clients for a measurement, on orders from stdin",
		Hidden: true,
		Args:   takes(0, 0, "no arguments"),
		RunE:   func(cmd *cobra.Command, _ []string) error { return crowd.Run(cmd.Context(), env.stdin, env.stdout) },
	}
}
