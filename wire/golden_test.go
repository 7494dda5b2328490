package wire

import (
	"encoding/hex"
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files instead of comparing with them")

// checkGolden compares what a codec wrote with its file: JSON as it is,
// MessagePack as a hex dump.
func checkGolden(t *testing.T, name string, c Codec, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name+".json.golden")
	text := string(got) + "\n"
	if c == MsgPack {
		path = filepath.Join("testdata", name+".msgpack.golden")
		text = hex.Dump(got)
	}
	if *update {
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), text); diff != "" {
		t.Errorf("%s differs from %s (-want +got):\n%s", name, path, diff)
	}
}

func TestMessagesAreWrittenAsInTheGoldenFiles(t *testing.T) {
	t.Parallel()
	for _, s := range sampleMessages(t) {
		for _, c := range bothCodecs() {
			checkGolden(t, "message_"+s.name, c, c.AppendMessage(nil, s.message))
		}
	}
}

func TestRequestsAreWrittenAsInTheGoldenFiles(t *testing.T) {
	t.Parallel()
	for _, s := range sampleRequests() {
		for _, c := range bothCodecs() {
			checkGolden(t, "request_"+s.name, c, c.AppendRequest(nil, s.request))
		}
	}
}

func TestProblemIsWrittenAsInTheGoldenFile(t *testing.T) {
	t.Parallel()
	p := NewProblem(CodeTooLarge, "a body may have 16 MiB")
	checkGolden(t, "problem", JSON, p.Append(nil))
}

func TestEveryGoldenFileHasItsMessage(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(filepath.Join("testdata", "*.golden"))
	if err != nil {
		t.Fatal(err)
	}
	want := len(bothCodecs())*(len(sampleMessages(t))+len(sampleRequests())) + 1
	if len(files) != want && !*update {
		t.Errorf("%d golden files for %d messages", len(files), want)
	}
}
