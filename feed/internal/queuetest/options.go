package queuetest

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// secret stands for every password of a test.
const secret = "sesame"

// SecretFile makes a file with the secret "sesame", and returns its path.
func SecretFile(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(secret+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Accepts wants queries to be read as configurations.
func Accepts[C any](t *testing.T, parse func(url.Values) (C, error), want map[string]C, compare ...cmp.Option) {
	t.Helper()
	for text, want := range want {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			got, err := parse(Query(t, text))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, compare...); diff != "" {
				t.Errorf("configuration (-want +got):\n%s", diff)
			}
		})
	}
}

// Refuses wants queries to be refused with an error that has a text in it, and does
// not show the secret "sesame".
func Refuses[C any](t *testing.T, parse func(url.Values) (C, error), want map[string]string) {
	t.Helper()
	for text, want := range want {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			_, err := parse(Query(t, text))
			if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), secret) {
				t.Errorf("error %v, want %q in it and no password", err, want)
			}
		})
	}
}

// Query reads a query.
func Query(t *testing.T, text string) url.Values {
	t.Helper()
	values, err := url.ParseQuery(text)
	if err != nil {
		t.Fatal(err)
	}
	return values
}
