package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

func newConfigCommand(env *environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Check and print configurations",
		Args:  noCommand,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newConfigCheckCommand(env), newConfigPrintCommand(env))
	return cmd
}

func newConfigCheckCommand(env *environment) *cobra.Command {
	return &cobra.Command{
		Use:   "check FILE",
		Short: "Name key and line of every mistake in a file",
		Long:  "check reads a configuration file and writes one line for every mistake in it,\nwith the line and the key. Exit code 0 if there is none, 2 otherwise.",
		Args:  takes(1, 1, "one FILE"),
		RunE: func(_ *cobra.Command, args []string) error {
			c := newConfiguration()
			if err := c.file(args[0]); err != nil {
				return err
			}
			c.check()
			return reportCheck(env, args[0], c.mistakes)
		},
	}
}

// reportCheck writes every mistake but the last, which becomes the error.
func reportCheck(env *environment, name string, mistakes []mistake) error {
	if len(mistakes) == 0 {
		_, err := fmt.Fprintf(env.stdout, "%s: no mistakes\n", name)
		return err
	}
	last := len(mistakes) - 1
	for _, m := range mistakes[:last] {
		complain(env, m)
	}
	return usageError{mistakes[last]}
}

func newConfigPrintCommand(env *environment) *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "print",
		Short: "Print the effective configuration",
		Long: "print writes the configuration that serve would run with: defaults, file and\n" +
			"environment, each above the one before. What it writes can be read back.",
		Args: takes(0, 0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			c, err := reading{file: file, environ: env.environ}.read()
			if err != nil {
				return err
			}
			return c.settings.writeTo(env.stdout)
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "configuration `FILE` (default ./ticker.yaml or /etc/ticker/ticker.yaml, if there)")
	return cmd
}
