package history_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ticker/history"
	"ticker/history/internal/spool"
)

// fillSpool leaves a record behind in a spool.
func fillSpool(t *testing.T, dir, record string, count uint32) {
	t.Helper()
	s, err := spool.Open(dir, spool.Options{})
	if err == nil {
		_, err = s.Append([]byte(record), count)
	}
	if err = errors.Join(err, s.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestStoreIsMaintainedWhenItOpensAndEveryHour(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := record(t, history.RecorderConfig{Store: &archive{open: away}})
		began := time.Now()
		pass(time.Minute)
		if len(r.store.maintain) != 0 {
			t.Error("the store was maintained before it was open")
		}
		r.store.tell(func(a *archive) { a.open, a.maintained = nil, away })
		<-r.Opened()
		opened := time.Since(began)
		pass(90 * time.Second)
		r.store.tell(func(a *archive) { a.maintained = nil })
		pass(2 * time.Hour)
		var got []time.Duration
		for _, at := range r.store.maintain {
			got = append(got, at.Sub(began)-opened)
		}
		want := []time.Duration{0, time.Minute, 2 * time.Minute, time.Hour + 2*time.Minute}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("maintained at (-want +got):\n%s", diff)
		}
		r.expectLines(t, "history store could not be maintained", 2)
	})
}

func TestMaintenanceThatStallsHoldsUpNoWriting(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := record(t, history.RecorderConfig{Store: &archive{maintained: stalled}})
		for range 60 {
			r.book.sell(1)
			pass(time.Second)
			r.expectResults(t, results{stored: int(r.book.sold)})
		}
		if got := len(r.store.maintain); got != 1 {
			t.Errorf("maintained %d times in a minute", got)
		}
		r.end() // while it is maintained again
	})
}

func TestRecorderRefusesAConfigurationThatCannotWork(t *testing.T) {
	t.Parallel()
	good := history.RecorderConfig{Store: &archive{}, Book: &ledger{}, Spool: "dir"}
	for want, spoil := range map[string]func(*history.RecorderConfig){
		"no store":                   func(c *history.RecorderConfig) { c.Store = nil },
		"no book":                    func(c *history.RecorderConfig) { c.Book = nil },
		"no directory for the spool": func(c *history.RecorderConfig) { c.Spool = "" },
		"spool":                      func(c *history.RecorderConfig) { c.SpoolBytes = -1 },
		"keep":                       func(c *history.RecorderConfig) { c.Keep = -1 },
		"flush":                      func(c *history.RecorderConfig) { c.FlushTimeout = -1 },
		"call":                       func(c *history.RecorderConfig) { c.CallTimeout = -1 },
	} {
		cfg := good
		spoil(&cfg)
		if r, err := history.NewRecorder(cfg); r != nil || err == nil || !strings.Contains(err.Error(), want) && !strings.Contains(err.Error(), "negative") {
			t.Errorf("%s: NewRecorder = %v, %v", want, r, err)
		}
	}
	if r, err := history.NewRecorder(good); err != nil || r.Trouble() == "" {
		t.Errorf("NewRecorder = %v, %v", r, err)
	}
}
