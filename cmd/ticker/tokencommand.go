package main

import (
	"cmp"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"ticker/auth"
)

// tokenOptions are what a token is to say.
type tokenOptions struct {
	file             string
	sub              string
	symbols, publish []string
	interval, delay  time.Duration
	ttl              time.Duration
}

func newTokenCommand(env *environment) *cobra.Command {
	var o tokenOptions
	cmd := &cobra.Command{
		Use:   "token --sub NAME",
		Short: "Mint a token for development",
		Long: "token writes a token (JWT, HS256) that is signed with the secret of the\n" +
			"configuration, auth.jwt.secret or auth.jwt.secret_file. Without --symbols it\n" +
			"reads everything; without --publish it publishes nothing. Whoever has tokens\n" +
			"made by an issuer of his own does not need it.",
		Example: "  ticker token --config /etc/ticker/ticker.yaml --sub desk-1 --symbols 'AAPL,BTC-*' --ttl 8h\n" +
			"  TICKER_TOKEN=$(ticker token --sub me) ticker watch AAPL",
		Args: takes(0, 0, "no arguments"),
		RunE: func(cmd *cobra.Command, _ []string) error {
			token, err := o.mint(cmd, env)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(env.stdout, token)
			return err
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.file, "config", "", "configuration `FILE` (default ./ticker.yaml or /etc/ticker/ticker.yaml, if there)")
	flags.StringVar(&o.sub, "sub", "", "`NAME` of whom the token is for; required")
	flags.StringSliceVar(&o.symbols, "symbols", nil, "names and `PATTERNS` that may be read, with commas between them (default all)")
	flags.StringSliceVar(&o.publish, "publish", nil, "names and `PATTERNS` that may be published (default none)")
	flags.DurationVar(&o.interval, "interval", 0, "smallest interval that may be asked for (default that of the service)")
	flags.DurationVar(&o.delay, "delay", 0, "how late quotes are seen, one of auth.delays (default as soon as they are there)")
	flags.DurationVar(&o.ttl, "ttl", time.Hour, "how long the token is good for")
	return cmd
}

func (o *tokenOptions) mint(cmd *cobra.Command, env *environment) (string, error) {
	if o.ttl <= 0 {
		return "", usageError{fmt.Errorf("--ttl %v: want a duration above 0", o.ttl)}
	}
	c, err := reading{file: o.file, environ: env.environ}.read()
	if err != nil {
		return "", err
	}
	s := &c.settings.auth
	if s.mode != authJWT {
		return "", usageError{errors.New("no secret to sign with: want auth.mode: jwt and auth.jwt.secret or auth.jwt.secret_file")}
	}
	now := time.Now()
	token, err := auth.Mint(s.jwt.config(), auth.Claims{
		Subject: o.sub, IssuedAt: now, Expires: now.Add(o.ttl),
		Rights: auth.Rights{
			Symbols: given(cmd, "symbols", o.symbols), Publish: o.publish, Interval: o.interval, Delay: o.delay,
		},
	})
	if err != nil {
		return "", usageError{err}
	}
	return token, nil
}

// given returns the list of a flag, nil if the flag was not given: --symbols with
// nothing behind it is no symbol, not all.
func given(cmd *cobra.Command, flag string, list []string) []string {
	if !cmd.Flags().Changed(flag) {
		return nil
	}
	return append([]string{}, list...)
}

func newKeyCommand(env *environment) *cobra.Command {
	var id string
	cmd := &cobra.Command{
		Use:   "key",
		Short: "Make an API key",
		Long: "key makes an API key at random. It writes the key, which is shown this once and\n" +
			"belongs to the client, and the lines that let it in, which hold only its hash and\n" +
			"belong into the configuration. Without symbols there the key reads everything.",
		Example: "  ticker key --id desk-1",
		Args:    takes(0, 0, "no arguments"),
		RunE: func(*cobra.Command, []string) error {
			credential, hash := auth.NewKey()
			id = cmp.Or(id, "key-"+hash[:8])
			if _, err := auth.New(auth.Config{Keys: []auth.Key{{ID: id, SHA256: hash}}}); err != nil {
				return usageError{err}
			}
			_, err := fmt.Fprintf(env.stdout, "%s\n\nauth:\n  mode: keys\n  keys:\n    - id: %q\n      sha256: %s\n", credential, id, hash)
			return err
		},
	}
	cmd.Flags().StringVar(&id, "id", "", "`ID` that names the key in logs (default made of its hash)")
	return cmd
}
