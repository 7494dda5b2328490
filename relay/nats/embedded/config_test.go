package embedded_test

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"ticker/relay/nats"
	"ticker/relay/nats/embedded"
)

func TestOptionsAreTheServersOrTheEngines(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(secret, []byte("sesame\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := embedded.ParseURL("embedded:?listen=0.0.0.0:4333&dir=d&disk=2097152&prefix=p&token_file="+url.QueryEscape(secret), "other")
	if err != nil {
		t.Fatal(err)
	}
	want := embedded.Config{
		Listen: "0.0.0.0:4333", Dir: "d", Token: "sesame", MemoryBytes: 512 << 20, DiskBytes: 2 << 20,
		Engine: url.Values{"prefix": {"p"}},
	}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(embedded.Config{}, "Logger")); diff != "" {
		t.Errorf("configuration (-want +got):\n%s", diff)
	}
	engine, err := nats.ParseURL(got.EngineURL())
	if err != nil {
		t.Fatal(err)
	}
	if engine.Prefix != "p" || engine.Token != "sesame" || engine.URLs[0] != "nats://localhost:4333" {
		t.Errorf("the engine is %q with the prefix %q and the token %q", engine.URLs, engine.Prefix, engine.Token)
	}
}

func TestAnEmbeddedServerNeedsNoOptions(t *testing.T) {
	t.Parallel()
	got, err := embedded.ParseURL("embedded:", "data")
	if err != nil {
		t.Fatal(err)
	}
	if got.Listen != "127.0.0.1:4222" || got.Dir != "data" || got.EngineURL() != "nats://127.0.0.1:4222?" {
		t.Errorf("it listens on %s in %q, and the engine is at %s", got.Listen, got.Dir, got.EngineURL())
	}
}

func TestAMistakeIsNamed(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"embedded:?listen=0.0.0.0:4222":             "open to other machines: want token",
		"embedded:?listen=[::]:4222":                "open to other machines: want token",
		"embedded:?listen=10.0.0.1:4222":            "open to other machines: want token",
		"embedded:?listen=example.com:4222":         "want an IP address and a port",
		"embedded:?listen=127.0.0.1:0":              "want an IP address and a port",
		"embedded:?listen=127.0.0.1":                "want an IP address and a port",
		"embedded:?open=perhaps":                    `open "perhaps": want true or false`,
		"embedded:?memory=1":                        "memory",
		"embedded:?token=a&token=b":                 "token is given 2 times",
		"embedded:?token=a&token_file=/no/x":        "/no/x",
		"embedded:?dir=":                            "dir is empty",
		"embedded:/somewhere":                       "want embedded:?NAME=VALUE",
		"embedded:?%zz":                             "want embedded:?NAME=VALUE",
		"embedded:?listen=0.0.0.0:4222&open=true":   "",
		"embedded:?listen=0.0.0.0:4222&token=x":     "",
		"embedded:?listen=localhost:4222":           "",
		"embedded:?listen=[::1]:4222&dir=somewhere": "",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			_, err := embedded.ParseURL(text, "dir")
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %q", err, want)
			}
		})
	}
	if _, err := embedded.ParseURL("embedded:", ""); err == nil {
		t.Error("a server without a directory is taken")
	}
}
