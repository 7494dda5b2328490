package auth_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ticker/auth"
)

// forDays is a token that is good for longer than keys are kept.
func (s signer) forDays(kid string) string {
	return s.raw(s.header(`,"kid":"`+kid+`"`), fmt.Sprintf(`{"sub":"a","exp":%d}`, noon.Add(100*24*time.Hour).Unix()))
}

func TestAKeyThatIsNewIsFoundAtOnceAndOneThatIsGoneIsNotUsedForLong(t *testing.T) {
	t.Parallel()
	first, second := newECDSA(), newECDSA()
	synctest.Test(t, func(t *testing.T) {
		host := newKeyHost(t)
		host.has(first.jwk("1"))
		a := start(t, host.trusted(auth.ES256))
		expect(t, a, first.named("1"), "ok")
		time.Sleep(time.Minute)
		host.has(first.jwk("1"), second.jwk("2"))
		before := time.Now()
		expect(t, a, second.named("2"), "ok")
		if host.asked.Load() != 2 || time.Since(before) > time.Second {
			t.Errorf("%d requests and %v until the new key was known, want 2 and no wait", host.asked.Load(), time.Since(before))
		}
		expect(t, a, first.named("2"), "bad_signature")
		host.has(second.jwk("2"))
		expect(t, a, first.named("1"), "ok")
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		expect(t, a, first.named("1"), "unknown_key")
		expect(t, a, second.named("2"), "ok")
	})
}

// TestUnknownKeysNeverBecomeAFlood has clients come with a kid of their own, twenty
// each second for five minutes.
func TestUnknownKeysNeverBecomeAFlood(t *testing.T) {
	t.Parallel()
	s := newECDSA()
	known := s.named("1")
	synctest.Test(t, func(t *testing.T) {
		host := newKeyHost(t)
		host.has(s.jwk("1"))
		a := start(t, host.trusted(auth.ES256))
		expect(t, a, known, "ok")
		const seconds = 300
		for second := range seconds {
			var clients sync.WaitGroup
			for i := range 20 {
				token := replaceHeader(known, s.header(fmt.Sprintf(`,"kid":"%d.%d"`, second, i)))
				clients.Go(func() { expect(t, a, token, "unknown_key") })
			}
			clients.Wait()
			time.Sleep(time.Second)
		}
		if n := host.asked.Load(); n < seconds/10-1 || n > seconds/10+1 {
			t.Errorf("%d requests in %d s, want one in 10 s", n, seconds)
		}
	})
}

func TestThoseWhoWaitForAKeyShareOneRequest(t *testing.T) {
	t.Parallel()
	first, second := newECDSA(), newECDSA()
	synctest.Test(t, func(t *testing.T) {
		host := newKeyHost(t)
		host.has(first.jwk("1"))
		a := start(t, host.trusted(auth.ES256))
		expect(t, a, first.named("1"), "ok")
		time.Sleep(time.Minute)
		host.answers(func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(time.Second)
			fmt.Fprint(w, keySet(second.jwk("2"))) //nolint:errcheck // the client may be gone
		})
		var clients sync.WaitGroup
		for range 100 {
			clients.Go(func() { expect(t, a, second.named("2"), "ok") })
		}
		clients.Go(func() { // who does not wait does not spoil it for the others
			ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
			defer cancel()
			_, err := a.Authenticate(ctx, second.named("2"))
			if err == nil || err.Error() != "keys to verify the token are not available" {
				t.Errorf("error %v, want that there are no keys", err)
			}
		})
		clients.Wait()
		if n := host.asked.Load(); n != 2 {
			t.Errorf("%d requests, want 2", n)
		}
	})
}

func TestAKeyServerThatIsDownIsAskedEverLessOftenAndFoundWhenItIsBack(t *testing.T) {
	t.Parallel()
	s := newEd25519()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		host := newKeyHost(t)
		host.fails(http.StatusServiceUnavailable)
		cfg := host.trusted(auth.EdDSA)
		cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
		a := start(t, cfg)
		expect(t, a, s.named("1"), "keys_unavailable")
		time.Sleep(time.Hour)
		synctest.Wait()
		// Waits are 0.5 to 1 s at first and 30 to 60 s in the end.
		if n := host.asked.Load(); n < 60 || n > 130 {
			t.Errorf("%d requests in an hour, want 60 to 130", n)
		}
		if n := strings.Count(log.String(), "level=WARN"); n != 1 {
			t.Errorf("%d warnings, want 1:\n%s", n, log.String())
		}
		host.has(s.jwk("1"))
		time.Sleep(time.Minute)
		synctest.Wait()
		expect(t, a, s.forDays("1"), "ok")
	})
}

func TestKeysAreUsedUntilTheirAgeAndThenNobodyIsLetIn(t *testing.T) {
	t.Parallel()
	s := newECDSA()
	synctest.Test(t, func(t *testing.T) {
		host := newKeyHost(t)
		host.has(s.jwk("1"))
		a := start(t, host.trusted(auth.ES256))
		expect(t, a, s.forDays("1"), "ok")
		host.fails(http.StatusInternalServerError)
		time.Sleep(24*time.Hour - time.Second)
		expect(t, a, s.forDays("1"), "ok")
		expect(t, a, s.forDays("2"), "keys_unavailable") // who knows?
		time.Sleep(15 * time.Minute)
		expect(t, a, s.forDays("1"), "keys_unavailable")
		host.has(s.jwk("1"))
		time.Sleep(time.Minute)
		synctest.Wait()
		expect(t, a, s.forDays("1"), "ok")
	})
}

func TestAKeyServerThatDoesNotAnswerDelaysOnlyThoseWithUnknownKeys(t *testing.T) {
	t.Parallel()
	s := newECDSA()
	synctest.Test(t, func(t *testing.T) {
		host := newKeyHost(t)
		host.has(s.jwk("1"))
		a := start(t, host.trusted(auth.ES256))
		expect(t, a, s.named("1"), "ok")
		time.Sleep(time.Minute)
		host.hangs()
		before := time.Now()
		expect(t, a, s.named("2"), "keys_unavailable")
		if took := time.Since(before); took != 5*time.Second {
			t.Errorf("waited %v, want the 5 s of a request", took)
		}
		before = time.Now()
		expect(t, a, s.named("1"), "ok")
		if took := time.Since(before); took != 0 {
			t.Errorf("a key that is known waited %v", took)
		}
	})
}

func TestOnlySoManyWaitForAKeyServerThatDoesNotAnswer(t *testing.T) {
	t.Parallel()
	s := newECDSA()
	synctest.Test(t, func(t *testing.T) {
		host := newKeyHost(t)
		host.has(s.jwk("1"))
		a := start(t, host.trusted(auth.ES256))
		expect(t, a, s.named("1"), "ok")
		time.Sleep(time.Minute)
		host.answers(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		var clients sync.WaitGroup
		var waited atomic.Int64
		for range 1000 {
			clients.Go(func() {
				began := time.Now()
				expect(t, a, s.named("2"), "keys_unavailable")
				if time.Since(began) > 0 {
					waited.Add(1)
				}
			})
		}
		synctest.Wait()
		expect(t, a, s.named("1"), "ok") // nobody is in its way
		clients.Wait()
		if n := waited.Load(); n != 128 {
			t.Errorf("%d of 1000 waited, want 128", n)
		}
		host.has(s.jwk("2"))
		time.Sleep(time.Minute)
		expect(t, a, s.named("2"), "ok")
	})
}

func TestWithoutRunNobodyWaitsForEver(t *testing.T) {
	t.Parallel()
	s := newECDSA()
	synctest.Test(t, func(t *testing.T) {
		a := newAuthority(t, newKeyHost(t).trusted(auth.ES256))
		expect(t, a, s.named("1"), "keys_unavailable")
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := a.Authenticate(ctx, s.named("1")); err == nil {
			t.Error("accepted without keys")
		}
	})
}

// TestAnAnswerThatMakesNoSenseKeepsTheOldKeys has the server answer wrongly after it
// was right once.
func TestAnAnswerThatMakesNoSenseKeepsTheOldKeys(t *testing.T) {
	t.Parallel()
	s := newECDSA()
	good := s.jwk("1")
	many := strings.Repeat(string(good)+",", 100) + string(good)
	for name, answer := range map[string]string{
		"nothing":         ``,
		"a web page":      `<html>`,
		"null":            `null`,
		"no set":          `{"error":"maintenance"}`,
		"an empty set":    keySet(),
		"wrong type":      `{"keys":"many"}`,
		"cut off":         keySet(good)[:50],
		"trailing bytes":  keySet(good) + "x",
		"no usable key":   `{"keys":[{"kty":"EC"},7,null,"x"]}`,
		"101 keys":        `{"keys":[` + many + `]}`,
		"more than 1 MiB": `{"keys":[` + string(good) + `],"x":"` + strings.Repeat("x", 1<<20) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				host := newKeyHost(t)
				host.has(good)
				cfg := host.trusted(auth.ES256)
				cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
				a := start(t, cfg)
				expect(t, a, s.named("1"), "ok")
				host.says(answer)
				time.Sleep(30 * time.Minute)
				synctest.Wait()
				expect(t, a, s.named("1"), "ok")
				if n := strings.Count(log.String(), "level=WARN"); n != 1 || log.Len() > 1000 {
					t.Errorf("%d warnings, want a short one:\n%s", n, log.String())
				}
			})
		})
	}
}

func TestKeysInAnAnswerThatIsAnErrorAreNotTaken(t *testing.T) {
	t.Parallel()
	s := newECDSA()
	for _, status := range []int{http.StatusCreated, http.StatusNotFound, http.StatusInternalServerError} {
		synctest.Test(t, func(t *testing.T) {
			host := newKeyHost(t)
			host.answers(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(status)
				fmt.Fprint(w, keySet(s.jwk("1"))) //nolint:errcheck // the client may be gone
			})
			expect(t, start(t, host.trusted(auth.ES256)), s.named("1"), "keys_unavailable")
		})
	}
}

// TestOnlyKeysThatAreMeantForTheAlgorithmAreTaken serves each key beside a good one.
// What is signed with it must not be accepted.
func TestOnlyKeysThatAreMeantForTheAlgorithmAreTaken(t *testing.T) {
	t.Parallel()
	s := newECDSA()
	key := string(s.jwk("x"))
	for name, c := range map[string]struct{ key, want string }{
		"as it should be":  {key, "ok"},
		"says little":      {strings.NewReplacer(`"use":"sig",`, "", `"alg":"ES256",`, "").Replace(key), "ok"},
		"for verification": {strings.Replace(key, `"use":"sig"`, `"key_ops":["verify"]`, 1), "ok"},
		"for encryption":   {strings.Replace(key, `"use":"sig"`, `"use":"enc"`, 1), "unknown_key"},
		"for signing":      {strings.Replace(key, `"use":"sig"`, `"key_ops":["sign"]`, 1), "unknown_key"},
		"other algorithm":  {strings.Replace(key, "ES256", "ES384", 1), "unknown_key"},
		"no point":         {strings.Replace(key, `"x":"`, `"x":"A`, 1), "unknown_key"},
		"a secret":         {`{"kty":"oct","kid":"x","k":"` + encode(secretText) + `"}`, "unknown_key"},
		"RSA":              {string(sharedRSA().jwk("x")), "unknown_key"},
		"Ed25519":          {string(newEd25519().jwk("x")), "unknown_key"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				host := newKeyHost(t)
				host.says(`{"keys":[` + c.key + `,` + string(newECDSA().jwk("good")) + `]}`)
				a := start(t, host.trusted(auth.ES256))
				expect(t, a, s.named("x"), c.want)
				expect(t, a, hmacSigner(secretText).named("x"), "wrong_algorithm")
			})
		})
	}
}

func TestKeysOfAllKindsComeFromAServer(t *testing.T) {
	t.Parallel()
	for _, s := range all()[1:] {
		synctest.Test(t, func(t *testing.T) {
			host := newKeyHost(t)
			host.has(s.jwk("1"))
			expect(t, start(t, host.trusted(s.algorithm())), s.named("1"), "ok")
		})
	}
	synctest.Test(t, func(t *testing.T) {
		host := newKeyHost(t)
		host.has(weakRSA().jwk("1"), sharedRSA().jwk("2"))
		a := start(t, host.trusted(auth.RS256))
		expect(t, a, sharedRSA().named("1"), "unknown_key")
		expect(t, a, sharedRSA().named("2"), "ok")
	})
}

// TestATokenWithoutANameOfItsKeyIsTriedWithFewKeys: a bad signature must not cost a
// hundred verifications.
func TestATokenWithoutANameOfItsKeyIsTriedWithFewKeys(t *testing.T) {
	t.Parallel()
	s := newECDSA()
	synctest.Test(t, func(t *testing.T) {
		host := newKeyHost(t)
		keys := strings.Repeat(string(newECDSA().jwk("other"))+",", 9)
		host.says(`{"keys":[` + keys + string(s.jwk("1")) + `]}`)
		a := start(t, host.trusted(auth.ES256))
		expect(t, a, s.token(""), "ok")
		expect(t, a, s.named("2"), "unknown_key")
		host.says(`{"keys":[` + keys + keys + string(s.jwk("1")) + `]}`)
		a.Reload()
		synctest.Wait()
		expect(t, a, s.token(""), "unknown_key")
		expect(t, a, s.named("1"), "ok")
		expect(t, a, s.named("other"), "unknown_key")
		host.has(s.jwk(""), newECDSA().jwk("1")) // one has no name
		a.Reload()
		synctest.Wait()
		expect(t, a, s.named("2"), "ok")
		expect(t, a, s.named("1"), "bad_signature")
	})
}
