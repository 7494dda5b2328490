package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"

	"ticker/history"
	"ticker/market"
)

// Append keeps the samples of a batch.
func (s *Store) Append(ctx context.Context, b *history.Batch) error {
	if err := check(b); err != nil {
		return fmt.Errorf("append batch: %w", err)
	}
	return s.write(ctx, "append batch", func(f *file) error {
		written := s.now().UnixMicro()
		err := f.append(ctx, b, written)
		if !isTaken(err) {
			return err
		}
		// That was all undone. A batch seldom comes again, so looking whether its
		// samples are there is left for then.
		missing, err := f.missing(ctx, b)
		if err != nil {
			return err
		}
		return f.append(ctx, missing, written)
	})
}

// append writes samples none of which is there.
func (f *file) append(ctx context.Context, b *history.Batch, written int64) error {
	added := f.symbols.add(b.Samples)
	err := inTx(ctx, f.writer, nil, func(tx *sql.Tx) error {
		w := batchWriter{tx: tx, symbols: f.symbols, epoch: b.Epoch, written: written}
		return w.write(ctx, b, added)
	})
	if err != nil {
		f.symbols.forget(added)
	}
	return err
}

// missing returns what of a batch is not there.
func (f *file) missing(ctx context.Context, b *history.Batch) (*history.Batch, error) {
	type key struct {
		symbol market.Symbol
		recv   int64
		seq    uint64
	}
	met := make(map[key]bool)
	fresh := &history.Batch{Epoch: b.Epoch}
	err := inTx(ctx, f.writer, nil, func(tx *sql.Tx) error {
		held, err := days(ctx, tx, dayOf(minTime), dayOf(maxTime))
		if err != nil {
			return err
		}
		for i := range b.Samples {
			s := &b.Samples[i]
			k := key{s.Symbol, s.Recv, s.Seq}
			there := met[k]
			met[k] = true
			if id, known := f.symbols.id(s.Symbol); known && !there && slices.Contains(held, dayOf(s.Recv)) {
				err := tx.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM "+dayOf(s.Recv).samples()+
					" WHERE symbol = ? AND recv = ? AND seq = ? AND epoch = ?)", id, s.Recv, int64(s.Seq), b.Epoch).Scan(&there)
				if err != nil {
					return fmt.Errorf("look for sample: %w", err)
				}
			}
			if !there {
				fresh.Samples = append(fresh.Samples, *s)
			}
		}
		return nil
	})
	return fresh, err
}

// batchWriter writes one batch, in one transaction.
type batchWriter struct {
	tx      *sql.Tx
	symbols *symbols
	epoch   string
	written int64
}

// numbered is a sample with the number of its symbol.
type numbered struct {
	*market.Sample
	symbol int64
}

func (w *batchWriter) write(ctx context.Context, b *history.Batch, added []market.Symbol) error {
	if err := w.addSymbols(ctx, added); err != nil {
		return fmt.Errorf("write symbols: %w", err)
	}
	parts := w.byDay(b.Samples)
	for _, d := range slices.Sorted(maps.Keys(parts)) {
		if err := w.writeDay(ctx, d, parts[d]); err != nil {
			return fmt.Errorf("write %s: %w", d, err)
		}
	}
	if err := w.fold(ctx, b.Minutes()); err != nil {
		return fmt.Errorf("write candles: %w", err)
	}
	return nil
}

func (w *batchWriter) addSymbols(ctx context.Context, added []market.Symbol) error {
	var args []any
	for _, name := range added {
		id, _ := w.symbols.id(name)
		args = append(args, id, string(name))
	}
	return insert{into: "symbols", width: 2}.run(ctx, w.tx, args)
}

// byDay parts samples by day, and puts those of each day in the order of the
// table, which makes neighbours in it neighbours in time.
func (w *batchWriter) byDay(samples []market.Sample) map[day][]numbered {
	parts := make(map[day][]numbered)
	for i := range samples {
		s := &samples[i]
		id, _ := w.symbols.id(s.Symbol)
		parts[dayOf(s.Recv)] = append(parts[dayOf(s.Recv)], numbered{s, id})
	}
	for _, part := range parts {
		slices.SortFunc(part, func(a, b numbered) int {
			return cmp.Or(cmp.Compare(a.symbol, b.symbol), cmp.Compare(a.Recv, b.Recv), cmp.Compare(a.Seq, b.Seq))
		})
	}
	return parts
}

func (w *batchWriter) writeDay(ctx context.Context, d day, part []numbered) error {
	if err := w.makeDay(ctx, d); err != nil {
		return err
	}
	args := make([]any, 0, len(part)*sampleWidth)
	for _, s := range part {
		args = appendSample(args, s.symbol, s.Sample, w.epoch)
	}
	if err := (insert{into: d.samples(), width: sampleWidth}).run(ctx, w.tx, args); err != nil {
		return err
	}
	return w.carryOver(ctx, d, part)
}

// makeDay notes that a day is written to, and makes its tables if it has none:
// it begins with what the last day before it ended with.
func (w *batchWriter) makeDay(ctx context.Context, d day) error {
	marked, err := w.tx.ExecContext(ctx, "UPDATE days SET written = max(written, ?) WHERE day = ?", w.written, int64(d))
	if err != nil {
		return err
	}
	if n, err := marked.RowsAffected(); err != nil || n > 0 {
		return err
	}
	before, ok, err := dayBefore(ctx, w.tx, d)
	if err != nil {
		return err
	}
	if _, err := w.tx.ExecContext(ctx, d.create()); err != nil {
		return err
	}
	if _, err := w.tx.ExecContext(ctx, "INSERT INTO days VALUES (?, ?)", int64(d), w.written); err != nil || !ok {
		return err
	}
	return w.carryFrom(ctx, before, d)
}

// carryFrom begins a day with what the last day before it began with, and then
// with the newest of that day.
func (w *batchWriter) carryFrom(ctx context.Context, before, d day) error {
	_, err := w.tx.ExecContext(ctx, "INSERT INTO carried SELECT ?, "+quoteColumns+" FROM carried WHERE day = ?",
		int64(d), int64(before))
	if err != nil {
		return err
	}
	_, err = w.tx.ExecContext(ctx, "INSERT OR REPLACE INTO carried SELECT ?, "+quoteColumns+`
		FROM symbols CROSS JOIN `+before.samples()+` WHERE symbol = id AND (recv, seq, epoch) = (
			SELECT recv, seq, epoch FROM `+before.samples()+` WHERE symbol = id
			ORDER BY recv DESC, seq DESC, epoch DESC LIMIT 1)`, int64(d))
	return err
}

// carryOver brings the days after a day up to date, which there are when samples
// come late.
func (w *batchWriter) carryOver(ctx context.Context, d day, part []numbered) error {
	later, err := days(ctx, w.tx, d+1, dayOf(maxTime))
	if err != nil || len(later) == 0 {
		return err
	}
	var args []any
	for i, s := range part {
		if i+1 < len(part) && part[i+1].symbol == s.symbol {
			continue // the next is newer
		}
		for _, l := range later {
			args = appendQuote(append(args, int64(l)), s.symbol, &s.Quote, w.epoch)
		}
	}
	return insert{into: "carried", width: 1 + quoteWidth, tail: carryNewest}.run(ctx, w.tx, args)
}

// carryNewest keeps the newer of two rows of a day and symbol.
const carryNewest = ` ON CONFLICT DO UPDATE SET recv = excluded.recv, seq = excluded.seq, epoch = excluded.epoch,
	ts = excluded.ts, source = excluded.source, status = excluded.status, reason = excluded.reason,
	bid = excluded.bid, bid_size = excluded.bid_size, ask = excluded.ask, ask_size = excluded.ask_size,
	last = excluded.last, last_size = excluded.last_size,
	open = excluded.open, high = excluded.high, low = excluded.low, volume = excluded.volume
	WHERE (excluded.recv, excluded.seq, excluded.epoch) > (carried.recv, carried.seq, carried.epoch)`
