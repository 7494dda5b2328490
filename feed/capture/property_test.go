package capture

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// noise makes texts that do not compress.
type noise struct{ source *rand.ChaCha8 }

func newNoise() *noise { return &noise{rand.NewChaCha8([32]byte{1})} }

func (n *noise) text(size int) string {
	raw := make([]byte, size)
	_, _ = n.source.Read(raw) // it never fails
	return base64.StdEncoding.EncodeToString(raw)[:size]
}

// act is something that happens to a recorder: a message of some size, a pause,
// or a disk that is full from then on or has room again.
type act struct {
	message int
	pause   time.Duration
	full    bool
}

func drawAct(t *rapid.T) act {
	switch rapid.SampledFrom([]string{"message", "message", "message", "pause", "disk"}).Draw(t, "what") {
	case "message":
		return act{message: rapid.SampledFrom([]int{10, 700, 1000, 4050, 5000}).Draw(t, "size")}
	case "pause":
		return act{pause: time.Duration(rapid.IntRange(1, 3000).Draw(t, "ms")) * time.Millisecond}
	}
	return act{full: rapid.Bool().Draw(t, "full")}
}

// record plays acts to a recorder and returns the messages that were not lost.
func record(r *rig, acts []act) (kept []string) {
	disk := r.faulty()
	r.start()
	for i, a := range acts {
		switch {
		case a.message > 0:
			message := fmt.Sprint(i) + strings.Repeat("x", a.message)
			before := r.lost.Load()
			r.Message([]byte(message))
			if r.lost.Load() == before {
				kept = append(kept, message)
			}
		case a.pause > 0:
			time.Sleep(a.pause)
			synctest.Wait()
		default:
			disk.full.Store(a.full)
		}
	}
	synctest.Wait()
	disk.full.Store(false)
	r.stop()
	return kept
}

func TestWhatIsNotLostIsInTheFilesOnceInOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		cfg := Config{
			Dir: t.TempDir(), MaxBytes: -1, BufferBytes: minBufferBytes,
			FileBytes: minBufferBytes * rapid.Int64Range(1, 3).Draw(rt, "file"),
			FileAge:   rapid.SampledFrom([]time.Duration{time.Second, time.Minute}).Draw(rt, "age"),
		}
		acts := rapid.SliceOfN(rapid.Custom(drawAct), 1, 60).Draw(rt, "acts")
		synctest.Test(t, func(t *testing.T) {
			r := newRig(t, cfg)
			kept := record(r, acts)
			if diff := cmp.Diff(kept, messages(t, cfg.Dir)); diff != "" {
				rt.Errorf("messages (-want +got):\n%s", diff)
			}
			r.want(len(kept), int(r.lost.Load()), 0)
		})
	})
}
