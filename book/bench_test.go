package book

import (
	"fmt"
	"testing"
	"time"

	"ticker/market"
)

// BenchmarkApply watches the cost of one update to a symbol that nobody waits
// for, and to one that thousands subscribed to who are not armed: they must
// cost nothing.
func BenchmarkApply(b *testing.B) {
	bk := newBook(b, 0)
	updates := make([]*market.Update, 1000)
	for i := range updates {
		u := bidOf(b, market.Symbol(fmt.Sprintf("SYM%04d", i)), "189.98")
		u.Put(market.BidSize, decimal(b, "300"))
		u.Put(market.Ask, decimal(b, "190.01"))
		u.Put(market.AskSize, decimal(b, "200"))
		u.Recv = 1
		updates[i] = u
	}
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		bk.Apply(updates[i%len(updates)])
		i++
	}
}

// BenchmarkApplySampled watches what sampling adds to an update: the trades of a
// period, and with every update a sample, a copy of the record.
func BenchmarkApplySampled(b *testing.B) {
	for name, sampling := range map[string]*Sampling{"off": nil, "every=1s": {Every: time.Second}, "every=0": {}} {
		b.Run(name, func(b *testing.B) {
			bk := New(Config{Encode: encodeFields, Sampling: sampling})
			updates := make([]*market.Update, 1000)
			for i := range updates {
				u := tradeOf(market.Symbol(fmt.Sprintf("SYM%04d", i)), 18998, 100, 0)
				u.Put(market.Bid, decimal(b, "189.98"))
				u.At = time.Now()
				updates[i] = u
			}
			var samples []market.Sample
			b.ReportAllocs()
			i := 0
			for b.Loop() {
				bk.Apply(updates[i%len(updates)])
				if i++; i%10_000 == 0 {
					samples = bk.Samples(samples[:0], false)
				}
			}
		})
	}
}

// BenchmarkApplyArmed watches that taking ten thousand armed readers away
// costs an update no more than taking none.
func BenchmarkApplyArmed(b *testing.B) {
	for _, readers := range []int{0, 10_000} {
		b.Run(fmt.Sprintf("readers=%d", readers), func(b *testing.B) {
			bk := newBook(b, 0)
			u := bidOf(b, "X", "189.98")
			bk.Apply(u)
			c := bk.Find("X")
			list := make([]*Arm, readers)
			for i := range list {
				list[i] = &Arm{}
			}
			b.ReportAllocs()
			for b.Loop() {
				if readers > 0 {
					c.shard.mu.Lock()
					c.armed = list
					c.shard.mu.Unlock()
				}
				bk.Apply(u)
			}
		})
	}
}

// BenchmarkAppend watches the copy of a record whose bytes were made before.
func BenchmarkAppend(b *testing.B) {
	bk := newBook(b, 0)
	bk.Apply(bidOf(b, "X", "189.98"))
	c, buf := bk.Find("X"), make([]byte, 0, 256)
	want := &Want{Fields: market.AllValues}
	b.ReportAllocs()
	for b.Loop() {
		buf, _ = c.Append(buf[:0], want)
	}
}
