package capture

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestMessageBecomesALine(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Dir: dir})
		r.start()
		for _, raw := range []string{
			`{"bid":1}`, "{\n\t\"bid\":\r\n2}\n", " [] ", "pong", "", " \n", "\x82\xa3bid\x01", "{\"s\":\"\xff\"}",
		} {
			time.Sleep(1500 * time.Microsecond)
			r.Message([]byte(raw))
		}
		r.stop()
		r.want(4, 0, 4)
		want := []string{
			"946684800.001500: {\"bid\":1}\n", "946684800.003000: { \t\"bid\":  2}\n",
			"946684800.004500: []\n", "946684800.006000: pong\n", "",
		}
		if diff := cmp.Diff(want, linesOf(t, paths(t, dir)[0])); diff != "" {
			t.Errorf("lines (-want +got):\n%s", diff)
		}
	})
}

func TestTapKeepsNothingOfTheMessage(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Dir: dir})
		r.start()
		raw := []byte("{\n}")
		r.Message(raw)
		if string(raw) != "{\n}" {
			t.Errorf("the caller's message became %q", raw)
		}
		copy(raw, "???")
		r.stop()
		if diff := cmp.Diff([]string{"{ }"}, messages(t, dir)); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
	})
}

func TestTimesNeverGoBack(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		hours := []int{3, 2, 1, 4}
		r := newRig(t, Config{Dir: dir, Now: func() time.Time { return time.Unix(int64(3600*hours[0]), 0) }})
		for i := range 4 {
			r.Message(fmt.Append(nil, i))
			hours = hours[min(1, len(hours)-1):]
		}
		r.start()
		r.stop()
		want := []string{"10800.000000: 0\n", "10800.000000: 1\n", "10800.000000: 2\n", "14400.000000: 3\n", ""}
		if diff := cmp.Diff(want, linesOf(t, paths(t, dir)[0])); diff != "" {
			t.Errorf("lines (-want +got):\n%s", diff)
		}
	})
}

func TestWhatIsASecondOldIsInTheFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Dir: dir})
		r.start()
		if found := paths(t, dir); len(found) != 0 {
			t.Errorf("%v before the first message", found)
		}
		for i := range 10 {
			r.Message(fmt.Append(nil, i))
			time.Sleep(flushEvery)
			synctest.Wait()
			if got := len(messages(t, dir)); got != i+1 {
				t.Errorf("%d messages in the file a second after number %d", got, i)
			}
		}
		r.stop()
		if found := paths(t, dir); len(found) != 1 {
			t.Errorf("files %v", found)
		}
	})
}

func TestFileThatJustBeganCanBeOpened(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := newRig(t, Config{Dir: dir})
	if err := r.roll.open(); err != nil {
		t.Fatal(err)
	}
	if got := linesOf(t, paths(t, dir)[0]); len(got) != 1 || got[0] != "" {
		t.Errorf("lines %q", got)
	}
	if err := r.roll.close(); err != nil {
		t.Error(err)
	}
}

func TestFilesEndByAgeAndLoseNothing(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Dir: dir, FileAge: time.Minute})
		r.start()
		var want []string
		for i := range 1000 {
			want = append(want, fmt.Sprint(i))
			r.Message(fmt.Append(nil, i))
			time.Sleep(300 * time.Millisecond)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if r.roll.segment != nil {
			t.Error("a file without messages is kept open past its age")
		}
		r.stop()
		if diff := cmp.Diff(want, messages(t, dir)); diff != "" {
			t.Errorf("messages (-want +got):\n%s", diff)
		}
		found := paths(t, dir)
		if len(found) != 5 {
			t.Errorf("%d files of a minute in five", len(found))
		}
		name := regexp.MustCompile(`^test-2000010\dT\d{6}\.\d{3}Z\.log\.gz$`)
		for _, path := range found {
			if !name.MatchString(filepath.Base(path)) {
				t.Errorf("a file %s", path)
			}
		}
	})
}

func TestFileNeverOverwritesAnother(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		for i := range 3 { // in the same millisecond
			r := newRig(t, Config{Dir: dir, BufferBytes: minBufferBytes, FileBytes: minBufferBytes})
			r.Message(fmt.Append(nil, i))
			r.start()
			r.stop()
		}
		if diff := cmp.Diff([]string{"0", "1", "2"}, messages(t, dir)); diff != "" || len(paths(t, dir)) != 3 {
			t.Errorf("%v, messages (-want +got):\n%s", paths(t, dir), diff)
		}
	})
}

func TestOldestFilesGoWhenAllHaveTooMuch(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	foreign := filepath.Join(dir, "test-1-20000101T000000.000Z.log.gz")
	if err := os.WriteFile(foreign, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		const limit = 4 * minBufferBytes
		r := newRig(t, Config{Dir: dir, BufferBytes: minBufferBytes, FileBytes: minBufferBytes, MaxBytes: limit})
		r.start()
		random := newNoise()
		var last string
		for range 400 {
			last = random.text(300)
			r.Message([]byte(last))
			time.Sleep(flushEvery)
			synctest.Wait()
			if size := sizeOf(t, dir); size > limit {
				t.Fatalf("%d bytes in the files", size)
			}
		}
		r.stop()
		r.want(400, 0, 0)
		if _, err := os.Stat(foreign); err != nil {
			t.Errorf("the recording of another feed: %v", err)
		}
		if err := os.Remove(foreign); err != nil {
			t.Error(err)
		}
		got := messages(t, dir)
		if len(got) < 30 || got[len(got)-1] != last {
			t.Errorf("%d messages are left", len(got))
		}
	})
}

func TestNamesRiseThoughTheClockStandsStill(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{
			Dir: dir, BufferBytes: minBufferBytes, FileBytes: minBufferBytes, MaxBytes: 3 * minBufferBytes,
			Now: func() time.Time { return time.Unix(1000, 0) },
		})
		r.start()
		random := newNoise()
		var said []string
		for range 60 {
			said = append(said, random.text(1500))
			r.Message([]byte(said[len(said)-1]))
			time.Sleep(flushEvery)
		}
		r.stop()
		left := messages(t, dir)
		if diff := cmp.Diff(said[len(said)-len(left):], left); diff != "" || len(left) < 3 {
			t.Errorf("%d messages are left (-want +got):\n%s", len(left), diff)
		}
	})
}

func sizeOf(t *testing.T, dir string) (size int64) {
	t.Helper()
	for _, path := range paths(t, dir) {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		size += info.Size()
	}
	return size
}

func TestBufferThatIsFullLosesAndSaysSo(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Dir: dir, BufferBytes: minBufferBytes})
		const each, fit = 1000, minBufferBytes / (1000 + prefixBytes)
		for range 10 { // before Run nobody takes them
			r.Message([]byte(strings.Repeat("x", each)))
		}
		r.want(0, 10-fit, 0)
		r.start()
		time.Sleep(flushEvery)
		synctest.Wait()
		r.Message([]byte(strings.Repeat("x", minBufferBytes)))
		r.Message([]byte("y"))
		r.stop()
		r.Message([]byte("z"))
		r.want(fit+1, 10-fit+2, 0)
		r.wantLogged("messages lost to the recording", 2)
		r.wantLogged("messages=6", 1)
	})
}

func TestBufferIsBoundedWhileAPartOfItCannotBeWritten(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Dir: t.TempDir(), BufferBytes: minBufferBytes, FileBytes: minBufferBytes})
	fill := func() {
		for range 10 {
			r.Message([]byte(strings.Repeat("x", 700)))
		}
	}
	r.Message([]byte(strings.Repeat("x", 3000)))
	if err := r.write(); err != nil {
		t.Fatal(err)
	}
	r.roll.create = func(string) (output, error) { return nil, errFull }
	fill()
	if err := r.write(); !errors.Is(err, errFull) || len(r.batch) == 0 {
		t.Errorf("%d bytes wait for another file, %v", len(r.batch), err)
	}
	fill()
	if n := len(r.batch) + len(r.pending); n > minBufferBytes || n < minBufferBytes-800 {
		t.Errorf("%d bytes wait", n)
	}
	if err := r.roll.close(); err != nil {
		t.Error(err)
	}
}

func TestLossIsLoggedOnceInAWhile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, Config{Dir: dir})
		r.start()
		for range 60 {
			time.Sleep(time.Second)
			r.lose(1)
		}
		r.stop()
		r.wantLogged("messages lost to the recording", int(time.Minute/sampleEvery)+1)
	})
}

func TestMessageWaitsForNoDisk(t *testing.T) {
	t.Parallel()
	r := newRig(t, Config{Dir: t.TempDir(), BufferBytes: minBufferBytes})
	stuck, free := make(chan struct{}), make(chan struct{})
	r.roll.create = func(path string) (output, error) {
		close(stuck)
		<-free
		return create(path)
	}
	r.start()
	long := []byte(strings.Repeat("x", minBufferBytes/2))
	r.Message(long)
	<-stuck
	for range 10 {
		r.Message(long)
	}
	r.want(0, 10, 0)
	close(free)
	r.stop()
	r.want(1, 10, 0)
}

func TestManyMayCallAtOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	r := newRig(t, Config{Dir: dir})
	r.start()
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for j := range 1000 {
				r.Message(fmt.Appendf(nil, "%d %d", i, j))
			}
		})
	}
	wg.Wait()
	r.stop()
	r.want(4000, 0, 0)
	next := make(map[int]int)
	for _, message := range messages(t, dir) {
		var i, j int
		if _, err := fmt.Sscan(message, &i, &j); err != nil || next[i] != j {
			t.Fatalf("%s, want %d of it: %v", message, next[i], err)
		}
		next[i]++
	}
}

func TestConfigurationIsChecked(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for want, cfg := range map[string]Config{
		"no directory":        {Feed: "x"},
		"feed must be":        {Dir: t.TempDir(), Feed: "../x"},
		"age of a file":       {Dir: t.TempDir(), Feed: "x", FileAge: -1},
		"buffer must have":    {Dir: t.TempDir(), Feed: "x", BufferBytes: 1},
		"bytes of the buffer": {Dir: t.TempDir(), Feed: "x", FileBytes: 1},
		"bytes of two":        {Dir: t.TempDir(), Feed: "x", MaxBytes: 1},
		"make directory":      {Dir: file, Feed: "x"},
	} {
		if _, err := New(cfg); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	dir := filepath.Join(t.TempDir(), "a", "b")
	if _, err := New(Config{Dir: dir, Feed: "x"}); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(dir); err != nil {
		t.Error(err)
	}
}
