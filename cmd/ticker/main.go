package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"
)

func main() {
	os.Exit(run(context.Background(), &environment{
		args: os.Args[1:], environ: os.Environ(),
		stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr,
	}))
}

// run is the program. It returns the exit code.
func run(ctx context.Context, env *environment) int {
	root := newRootCommand(env)
	root.SetArgs(env.args)
	err := root.ExecuteContext(ctx)
	if err != nil {
		complain(env, err)
	}
	return exitCode(err)
}

// complain writes an error to stderr as one line.
func complain(env *environment, err error) {
	_, _ = fmt.Fprintln(env.stderr, "ticker:", oneLine(err)) // nobody is left to be told
}

// oneLine returns the message of an error as one line, whatever a library put into it.
func oneLine(err error) string { return strings.Join(strings.Fields(err.Error()), " ") }

func newRootCommand(env *environment) *cobra.Command {
	root := &cobra.Command{
		Use:   "ticker",
		Short: "Live, conflated market data for any number of dashboards",
		Long: "ticker takes quotes in, keeps the newest of every symbol, and sends each client\n" +
			"only that, at the rate the client chose. A slow client gets fewer, newer quotes;\n" +
			"it is never cut off for being slow, and never holds up another.",
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noCommand,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetIn(env.stdin)
	root.SetOut(env.stdout)
	root.SetErr(env.stderr)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return usageError{fmt.Errorf("%w (see `%s -h`)", err, cmd.CommandPath())}
	})
	root.AddCommand(
		newServeCommand(env), newWatchCommand(env), newSnapshotCommand(env), newCandlesCommand(env),
		newBenchCommand(env), newConfigCommand(env), newTokenCommand(env), newKeyCommand(env), newVersionCommand(env),
	)
	return root
}

// noCommand refuses words that are no command.
func noCommand(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usageError{fmt.Errorf("unknown command %q (see `%s -h`)", args[0], cmd.CommandPath())}
	}
	return nil
}

// takes checks the number of arguments.
func takes(least, most int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < least || most >= 0 && len(args) > most {
			return usageError{fmt.Errorf("%s takes %s (see `%s -h`)", cmd.Name(), what, cmd.CommandPath())}
		}
		return nil
	}
}
