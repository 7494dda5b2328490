package faults_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// usualRate is how many quotes of one product an exchange tells in a second of a lively
// market, and torrent how many times that a flood is at least.
const (
	usualRate = 20
	torrent   = 100
)

// flood is an exchange that tells quotes of one product with no pause between them,
// until it is stopped.
type flood struct {
	told    atomic.Int64
	began   time.Time
	stop    context.CancelFunc
	running sync.WaitGroup
}

// pourOut begins a flood behind the n-th quote of a product.
func (v *venue) pourOut(product string, n int) *flood {
	v.t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(v.t.Context()))
	f := &flood{began: time.Now(), stop: cancel}
	f.running.Go(func() {
		for ctx.Err() == nil {
			if v.exchange.quote(product, n+int(f.told.Load())+1, time.Now()) != 1 {
				v.t.Error("nobody hears the flood")
				return
			}
			f.told.Add(1)
		}
	})
	v.t.Cleanup(func() {
		cancel()
		v.program.kill() // one that reads no more would hold it up
		f.running.Wait()
	})
	return f
}

// times returns how many times the usual a flood was so far.
func (f *flood) times() float64 {
	return float64(f.told.Load()) / time.Since(f.began).Seconds() / usualRate
}

// end stops a flood, and returns how many quotes it told.
func (f *flood) end() int {
	f.stop()
	f.running.Wait()
	return int(f.told.Load())
}

func TestAFloodFromOneExchangeIsCountedAndDelaysNoOtherFeed(t *testing.T) {
	t.Parallel()
	e := newExchange(t)
	v := openVenue(t, e, e.addr())
	v.reaches("BTC-USD", 1)
	v.crowd = append(v.crowd, watch(t, v.program.public, v.source, habits()[1]))
	before := v.counted("accepted")
	f := v.pourOut("BTC-USD", 1)
	for range 3 {
		v.source.awaitRounds(50)
		v.quiet()
	}
	await(t, "the flood is one", func() bool { return f.times() >= torrent })
	v.quiet()
	times := f.times()
	told := f.end()
	t.Logf("%d quotes, %.0f times the usual %d a second", told, times, usualRate)
	await(t, "every quote of the flood is counted", func() bool { return v.counted("accepted") >= before+float64(told) })
	if got := v.counted("accepted") - before; got != float64(told) {
		t.Errorf("%.0f of %d quotes of the flood were counted", got, told)
	}
	if !v.holds("BTC-USD", fmt.Sprintf(`"bid":%d,`, told+1)) {
		t.Error("the last quote of a flood is not the one that is there")
	}
	v.quiet()
	v.undisturbed()
}
