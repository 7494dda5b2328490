package auth_test

import (
	"bytes"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ticker/auth"
)

// TestAFileWithAMistakeKeepsTheOldKeys changes a file in every wrong way while the
// authority runs: what it knew goes on, one line says why, and the next file that is
// right is taken.
func TestAFileWithAMistakeKeepsTheOldKeys(t *testing.T) {
	t.Parallel()
	first, second := newECDSA(), newECDSA()
	for name, spoil := range map[string]func(path string) error{
		"removed":    os.Remove,
		"empty":      func(path string) error { return os.Truncate(path, 0) },
		"cut off":    func(path string) error { return os.Truncate(path, 60) },
		"garbage":    func(path string) error { return os.WriteFile(path, []byte("\x00\xff"), 0o600) },
		"other kind": func(path string) error { return os.WriteFile(path, []byte(sharedRSA().pem()), 0o600) },
		"endless":    func(path string) error { return os.WriteFile(path, bytes.Repeat([]byte("-"), 1<<20), 0o600) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := file(t, first.pem())
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				a := start(t, auth.Config{
					JWT: auth.JWT{Algorithm: auth.ES256, KeyFile: path}, Logger: slog.New(slog.NewTextHandler(&log, nil)),
				})
				synctest.Wait() // it has read, and does not read what is half written
				if err := spoil(path); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Minute)
				expect(t, a, first.token(""), "ok")
				synctest.Wait()
				if n := strings.Count(log.String(), "\n"); n != 1 || !strings.Contains(log.String(), "level=WARN") {
					t.Errorf("%d lines of log, want one warning:\n%s", n, log.String())
				}
				write(t, path, second.pem())
				time.Sleep(5 * time.Second)
				synctest.Wait()
				expect(t, a, second.token(""), "ok")
				expect(t, a, first.token(""), "bad_signature")
				if !strings.Contains(log.String(), "level=INFO msg=\"credentials were read\" source=key_file count=1") {
					t.Errorf("no line says that it is well again:\n%s", log.String())
				}
			})
		})
	}
}

func TestAFileThatIsReplacedIsReadSoonOrWhenAskedFor(t *testing.T) {
	t.Parallel()
	other := strings.ToUpper(secretText)
	path := file(t, secretText)
	synctest.Test(t, func(t *testing.T) {
		a := start(t, auth.Config{JWT: auth.JWT{Algorithm: auth.HS256, SecretFile: path}, Poll: time.Hour})
		synctest.Wait()
		renamed := filepath.Join(filepath.Dir(path), "new")
		write(t, renamed, other)
		if err := os.Rename(renamed, path); err != nil { // as tools for secrets do it
			t.Fatal(err)
		}
		expect(t, a, hmacSigner(secretText).token(""), "ok")
		a.Reload()
		synctest.Wait()
		expect(t, a, hmacSigner(other).token(""), "ok")
		expect(t, a, hmacSigner(secretText).token(""), "bad_signature")
		write(t, path, secretText)
		time.Sleep(time.Hour)
		synctest.Wait()
		expect(t, a, hmacSigner(secretText).token(""), "ok")
	})
}

func TestWhatIsRevokedIsRefusedAndCanBeSweptFromSessions(t *testing.T) {
	t.Parallel()
	s := hmacSigner(secretText)
	path := file(t, "# nobody yet\n")
	cfg := auth.Config{
		JWT: s.accepting(t), RevokedFile: path,
		Keys: []auth.Key{{ID: "desk", SHA256: hashOf("key")}, {ID: "kept", SHA256: hashOf("kept")}},
	}
	synctest.Test(t, func(t *testing.T) {
		a := start(t, cfg)
		token, other := s.token(`,"jti":"7f:1"`), s.token(`,"jti":"7f:2"`)
		grant, err := a.Authenticate(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		if a.Revoked(grant) {
			t.Error("revoked before anybody said so")
		}
		write(t, path, "jti:7f:1\n\n  sub:desk\r\nsub:nobody")
		time.Sleep(5 * time.Second)
		synctest.Wait()
		if !a.Revoked(grant) {
			t.Error("the grant of a session that lives is not revoked")
		}
		expect(t, a, token, "revoked")
		expect(t, a, "key", "revoked")
		expect(t, a, other, "ok")
		expect(t, a, "kept", "ok")
		expect(t, a, s.token(""), "ok") // no jti is no jti that is listed

		write(t, path, "jti:7f:1\nsub:desk-1\neverybody\n")
		time.Sleep(time.Minute)
		synctest.Wait()
		expect(t, a, token, "revoked") // a file with a mistake changes nothing
		expect(t, a, other, "ok")
		write(t, path, "sub:desk-1\n")
		time.Sleep(5 * time.Second)
		synctest.Wait()
		expect(t, a, other, "revoked")
		expect(t, a, "key", "ok")
	})
}

func TestMistakesInTheFileOfRevocationsAreFoundAtStart(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"jti:":                       "revoked_file: line 1: want jti:ID or sub:NAME",
		"\n#\nsub:a\nkey:a":          "revoked_file: line 4: want jti:ID or sub:NAME",
		"7f":                         "revoked_file: line 1: want jti:ID or sub:NAME",
		"sub:\x1b[0m":                "revoked_file: line 1: want jti:ID or sub:NAME",
		strings.Repeat("#", 1<<20+1): "revoked_file: read ",
	} {
		_, err := auth.New(auth.Config{Keys: []auth.Key{{ID: "a", SHA256: hashOf("a")}}, RevokedFile: file(t, text)})
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("error %v, want %s", err, want)
		}
	}
}

// TestRunEndsWithItsContext is also about what it leaves: TestMain looks for it.
func TestRunEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := newECDSA()
	start(t, auth.Config{JWT: s.accepting(t), RevokedFile: file(t, "")})
	start(t, auth.Config{Keys: []auth.Key{{ID: "a", SHA256: hashOf("a")}}})
}
