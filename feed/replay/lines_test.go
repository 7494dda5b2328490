package replay

import (
	"errors"
	"io"
	"math/big"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestALineIsAMessageARemarkOrTooLong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]line{
		`1618677817.0618958: {"a":1}`:            {at: 1618677817061895800, text: []byte(`{"a":1}`)},
		`1618677817: {"a": 1}`:                   {at: 1618677817000000000, text: []byte(`{"a": 1}`)},
		`1618677817.123456789123: [1]`:           {at: 1618677817123456789, text: []byte(`[1]`)},
		`{"a": 1}`:                               {text: []byte(`{"a": 1}`)},
		`[1,2]`:                                  {text: []byte(`[1,2]`)},
		`pong`:                                   {text: []byte(`pong`)},
		`1618677817.06`:                          {at: 1618677817060000000, text: nil},
		`1618677817.06.5: {}`:                    {text: []byte(`1618677817.06.5: {}`)},
		`99999999999999999999: {}`:               {text: []byte(`99999999999999999999: {}`)},
		`wss://ws.example.com <-> 1618677816.84`: {kind: remark, text: []byte(`wss://ws.example.com <-> 1618677816.84`)},
		`wss://ws.example.com <- 1618677817.02: {"a":1}`: {kind: remark, text: []byte(`wss://ws.example.com <- 1618677817.02: {"a":1}`)},
		`https://example.com/depth -> 1618677697.7: {}`:  {kind: remark, text: []byte(`https://example.com/depth -> 1618677697.7: {}`)},
		`://`:             {text: []byte(`://`)},
		`{"url":"a://b"}`: {text: []byte(`{"url":"a://b"}`)},
	} {
		if diff := cmp.Diff(want, parseLine([]byte(text)), cmp.AllowUnexported(line{})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", text, diff)
		}
	}
}

func FuzzLine(f *testing.F) {
	f.Add(`1618677817.0618958: {"a":1}`)
	f.Add(`wss://ws.example.com <-> 1618677816.84`)
	f.Add(`1618677817.06`)
	f.Fuzz(func(t *testing.T, text string) {
		l := parseLine([]byte(text))
		if !strings.HasSuffix(text, string(l.text)) {
			t.Errorf("the message of %q is %q", text, l.text)
		}
		if l.at == 0 {
			return
		}
		seconds, ok := new(big.Rat).SetString(strings.TrimSuffix(strings.TrimSuffix(text, string(l.text)), ": "))
		if !ok || l.kind != message {
			t.Fatalf("%q was received at %d", text, l.at)
		}
		seconds.Mul(seconds, big.NewRat(1e9, 1))
		if want := new(big.Int).Quo(seconds.Num(), seconds.Denom()); !want.IsInt64() || want.Int64() != l.at {
			t.Errorf("%q was received at %d, want %s", text, l.at, want)
		}
	})
}

// readLines returns every line, those that are too long as "!".
func readLines(in io.Reader, limit int) ([]string, error) {
	var all []string
	for l := newLines(in, limit); ; {
		text, err := l.next()
		switch {
		case errors.Is(err, errLong):
			all = append(all, "!")
		case err != nil:
			return all, err
		default:
			all = append(all, string(text))
		}
	}
}

func TestALineThatIsTooLongLeavesTheOthersAlone(t *testing.T) {
	t.Parallel()
	const limit = 3 * readBytes
	for _, size := range []int{readBytes - 1, readBytes, readBytes + 1, limit - 1, limit, limit + 1, 10 * limit} {
		long := strings.Repeat("x", size-1) // and the end of the line
		for _, text := range []string{"a\n" + long + "\nb", long + "\nb\n", "a\n" + long} {
			want := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
			for i := range want {
				if ends := strings.HasSuffix(text, want[i]); len(want[i]) > limit || !ends && len(want[i])+1 > limit {
					want[i] = "!"
				}
			}
			if got, err := readLines(strings.NewReader(text), limit); !slices.Equal(got, want) || !errors.Is(err, io.EOF) {
				t.Errorf("a line of %d bytes: got %d lines, %v", size, len(got), err)
			}
		}
	}
}

func TestALineThatAnErrorCutsOffIsNoLine(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for _, last := range []string{"half", strings.Repeat("x", 2*readBytes)} {
		in := io.MultiReader(strings.NewReader("one\ntwo\n"+last), &failing{broken})
		if got, err := readLines(in, maxLineBytes); !slices.Equal(got, []string{"one", "two"}) || !errors.Is(err, broken) {
			t.Errorf("got %.20q, %v", got, err)
		}
	}
}

// failing is a Reader that fails.
type failing struct{ err error }

func (f *failing) Read([]byte) (int, error) { return 0, f.err }

func FuzzLines(f *testing.F) {
	f.Add("one\ntwo\r\n\n three ")
	f.Add("\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		want := strings.Split(text, "\n")
		if want[len(want)-1] == "" {
			want = want[:len(want)-1]
		}
		for i := range want {
			want[i] = strings.TrimSpace(want[i])
		}
		if got, err := readLines(strings.NewReader(text), maxLineBytes); !slices.Equal(got, want) || !errors.Is(err, io.EOF) {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	})
}
