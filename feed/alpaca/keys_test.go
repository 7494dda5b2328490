package alpaca

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// file writes a file of its own and returns its path.
func file(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "key")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func environment(name string) string {
	return map[string]string{"APCA_API_KEY_ID": "EK", "APCA_API_SECRET_KEY": "ES"}[name]
}

func nothing(string) string { return "" }

func TestKeysComeFromOptionsThenFilesThenTheEnvironment(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		options url.Values
		getenv  func(string) string
		want    keys
	}{
		{url.Values{"key": {"OK"}, "secret": {"OS"}}, environment, keys{"OK", "OS"}},
		{url.Values{"key_file": {file(t, "FK\n")}, "secret_file": {file(t, " FS ")}}, environment, keys{"FK", "FS"}},
		{url.Values{"key": {"OK"}, "secret_file": {file(t, "FS")}}, nothing, keys{"OK", "FS"}},
		{url.Values{"key": {"OK"}}, environment, keys{"OK", "ES"}},
		{url.Values{}, environment, keys{"EK", "ES"}},
	} {
		got, err := takeKeys(c.options, c.getenv)
		if got != c.want || err != nil || len(c.options) != 0 {
			t.Errorf("got %v, %v, left %v", got, err, c.options)
		}
	}
}

func TestKeysThatAreMissingOrTwiceAreErrorsThatDoNotTellThem(t *testing.T) {
	t.Parallel()
	for want, options := range map[string]url.Values{
		"no keys":                   {},
		"no keys: want the options": {"key": {"hush"}},
		"only one may be given":     {"key": {"hush"}, "key_file": {"x"}},
		"option key_file: open":     {"key_file": {filepath.Join(t.TempDir(), "none")}, "secret": {"hush"}},
		"option secret_file: ":      {"key": {"hush"}, "secret_file": {file(t, " \n")}},
		"holds no key":              {"key": {"hush"}, "secret_file": {file(t, strings.Repeat("hush", 1025))}},
		"option key_file: read ":    {"key_file": {t.TempDir()}},
	} {
		got, err := takeKeys(options, nothing)
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "hush") || got != (keys{}) {
			t.Errorf("got %v, %v, want %s", got, err, want)
		}
	}
}
