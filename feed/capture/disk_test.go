package capture

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestDiskThatIsFullLosesNothingThatTheBufferHolds(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Dir: dir})
		disk := r.faulty()
		r.start()
		var want []string
		say := func(n int) {
			for range n {
				message := fmt.Sprint(len(want))
				want = append(want, message)
				r.Message([]byte(message))
				time.Sleep(100 * time.Millisecond)
			}
			synctest.Wait()
		}
		say(25)
		disk.full.Store(true)
		before := disk.tries.Load()
		say(300)
		if tries := time.Duration(disk.tries.Load() - before); tries < 2 || tries > 30*time.Second/retryEvery {
			t.Errorf("%d tries in half a minute", tries)
		}
		if got := len(paths(t, dir)); got != 1 {
			t.Errorf("%d files while the disk is full", got)
		}
		disk.full.Store(false)
		say(100)
		r.stop()
		r.want(len(want), 0, 0)
		if diff := cmp.Diff(want, messages(t, dir)); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
		r.wantLogged("recording fails", 1)
		r.wantLogged("recording goes on", 1)
		if got := len(paths(t, dir)); got != 2 {
			t.Errorf("%d files", got)
		}
	})
}

func TestFileThatCannotBeCutLosesWhatMayBeInIt(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Dir: dir})
		disk := r.faulty()
		r.start()
		for i := range 3 {
			r.Message(fmt.Append(nil, i))
			time.Sleep(flushEvery)
			synctest.Wait()
			disk.full.Store(i == 0)
			disk.stuck.Store(i == 0)
			if i > 0 {
				time.Sleep(retryEvery)
			}
		}
		r.stop()
		r.want(2, 1, 0)
		if diff := cmp.Diff([]string{"0", "2"}, messages(t, dir)); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
	})
}

func TestDirectoryThatComesBackIsWrittenTo(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "away")
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Dir: dir})
		if err := os.Remove(dir); err != nil {
			t.Fatal(err)
		}
		r.start()
		r.Message([]byte("{}"))
		time.Sleep(time.Minute)
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Error(err)
		}
		time.Sleep(retryEvery + flushEvery)
		synctest.Wait()
		if diff := cmp.Diff([]string{"{}"}, messages(t, dir)); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
		r.stop()
		r.want(1, 0, 0)
	})
}

func TestWhatCannotBeWrittenAtTheEndIsLost(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Dir: dir})
		disk := r.faulty()
		disk.full.Store(true)
		r.start()
		r.Message([]byte("{}"))
		time.Sleep(flushEvery)
		synctest.Wait()
		r.Message([]byte("{}"))
		r.cancel()
		if err := <-r.done; !errors.Is(err, errFull) {
			t.Errorf("Run returned %v", err)
		}
		r.want(0, 2, 0)
		if found := paths(t, dir); len(found) != 0 {
			t.Errorf("%v is left", found)
		}
	})
}
