package history_test

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"ticker/history"
	"ticker/wire"
)

// follow asks for the page of a token, and returns what the store was asked for
// and the token that it would give out for the same position.
func follow(t rapid.TB, token string) (after history.Position, again string, err error) {
	t.Helper()
	l := &library{}
	if _, _, err := ask(l, 0).Quotes(context.Background(), &history.QuotesQuestion{Symbol: "A", Page: token}); err != nil {
		return history.Position{}, "", err
	}
	return l.quotes.After, tokenOf(t, l.quotes.After), nil
}

func tokenOf(t rapid.TB, p history.Position) string {
	t.Helper()
	_, token, err := ask(&library{last: p}, 0).Quotes(context.Background(), &history.QuotesQuestion{Symbol: "A"})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func TestAnyPositionReadsAsItWasWritten(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		want := history.Position{
			Recv:  rapid.Int64().Draw(t, "recv"),
			Seq:   rapid.Uint64().Draw(t, "seq"),
			Epoch: rapid.StringMatching(`[ -~]{1,32}`).Draw(t, "epoch"),
		}
		token := tokenOf(t, want)
		if got, _, err := follow(t, token); err != nil || got != want {
			t.Errorf("%+v becomes %q and then %+v, %v", want, token, got, err)
		}
		if len(token) > wire.MaxCursorBytes {
			t.Errorf("a token of %d bytes", len(token))
		}
	})
}

func TestTokenOfSomebodyElseIsRefused(t *testing.T) {
	t.Parallel()
	encode := func(text []byte) string { return base64.RawURLEncoding.EncodeToString(text) }
	position := binary.AppendUvarint(binary.AppendVarint(nil, 1), 2)
	for name, token := range map[string]string{
		"no base64":              "!",
		"nothing":                "=",
		"only a time":            encode(position[:1]),
		"no epoch":               encode(position),
		"epoch of 33 bytes":      encode(append(position, strings.Repeat("x", 33)...)),
		"epoch that is no text":  encode(append(position, "a\x1b"...)),
		"epoch beyond ASCII":     encode(append(position, "é"...)),
		"number in a long form":  encode([]byte{0x82, 0x00, 2, 'x'}),
		"number without an end":  encode([]byte(strings.Repeat("\xff", 12))),
		"second without an end":  encode([]byte{2, 0xff}),
		"padding":                base64.URLEncoding.EncodeToString(append(position, "ep"...)),
		"the alphabet of others": base64.StdEncoding.EncodeToString([]byte{0xfe, 0xff, 0x03, 0x02, '~', '~'}),
		"a line end":             encode(append(position, "epoch"...)) + "\n",
		"a megabyte":             strings.Repeat("A", 1<<20),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, _, err := follow(t, token)
			expectRefusal(t, err, history.BadQuestion, "page is no token of this server")
		})
	}
}

func FuzzPageToken(f *testing.F) {
	for _, p := range []history.Position{
		{Recv: 1763740800000000, Seq: 42, Epoch: "WUO57PKMCU"}, {Recv: math.MinInt64, Seq: math.MaxUint64, Epoch: "~"},
	} {
		_, token, err := ask(&library{last: p}, 0).Quotes(f.Context(), &history.QuotesQuestion{Symbol: "A"})
		if err != nil {
			f.Fatal(err)
		}
		f.Add(token)
		f.Add(token + "A")
	}
	f.Add("QlRDLVVTRA")
	f.Fuzz(func(t *testing.T, token string) {
		if token == "" {
			return
		}
		after, again, err := follow(t, token)
		var refusal *history.Refusal
		switch {
		case err != nil && !errors.As(err, &refusal):
			t.Fatalf("%q: %v", token, err)
		case err == nil && again != token:
			t.Fatalf("%q and %q are both %+v", token, again, after)
		}
	})
}
