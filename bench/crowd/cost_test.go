package crowd

import (
	"fmt"
	"io"
	"strconv"
	"testing"
	"time"

	"ticker/bench"
	"ticker/market"
	"ticker/wire"
)

// recordsPerFrame is what a client with 50 symbols is sent every 100 ms under
// the standard load.
const recordsPerFrame = 49

// standardFrames returns what the server sends in one dialect.
func standardFrames(dialect bench.Dialect, codec wire.Codec) []byte {
	var event wire.Quotes
	var messages, pushes []byte
	for i := range recordsPerFrame {
		r := quote(market.Symbol(bench.SymbolName(i)), uint64(i+1), time.Now().UnixMicro())
		event.Records = append(event.Records, r)
		record := recordOf(r.Symbol, r.Seq, r.TS)
		messages = fmt.Appendf(messages, "MSG %s 1 %d\r\n%s\r\n", r.Symbol, len(record), record)
		pushes = append(pushes, text(fmt.Sprintf(`{"push":{"channel":%q,"pub":{"data":%s}}}`, r.Symbol, record))...)
	}
	switch dialect {
	case bench.NATS:
		return serverFrame(finalBit|opBinary, string(messages))
	case bench.Centrifuge:
		return pushes
	default:
		return text(string(codec.AppendMessage(nil, &event)))
	}
}

// repeated is a connection on which the same bytes come again and again.
type repeated struct {
	text []byte
	at   int
}

func (r *repeated) Read(p []byte) (int, error) {
	n := copy(p, r.text[r.at:])
	r.at = (r.at + n) % len(r.text)
	return n, nil
}

// newTestClient returns a client that reads from source and does not check what
// it reads.
func newTestClient(t testing.TB, source io.Reader, dialect bench.Dialect, codec wire.Codec) *client {
	t.Helper()
	j := job(dialect, "", 1)
	j.Load.MsgPack = codec == wire.MsgPack
	speech, err := newDialect(j, 1)
	if err != nil {
		t.Fatal(err)
	}
	return &client{dialect: speech, frames: newFrameReader(source, new(bufferPool), nil), place: newBoard(1).place(0)}
}

// readFrame does for one message what client.read does for all.
func (c *client) readFrame() error {
	if err := c.next(); err != nil {
		return err
	}
	c.place.add(&c.delivery)
	return nil
}

type costCase struct {
	name     string
	dialect  bench.Dialect
	codec    wire.Codec
	messages int // that bring all records
}

func costCases() []costCase {
	return []costCase{
		{"ticker json", bench.Ticker, wire.JSON, 1},
		{"ticker msgpack", bench.Ticker, wire.MsgPack, 1},
		{"centrifuge", bench.Centrifuge, wire.JSON, recordsPerFrame},
		{"nats", bench.NATS, wire.JSON, 1},
	}
}

// expectNoAllocations reads frame after frame, of which the first makes room.
func expectNoAllocations(t *testing.T, name string, c *client) {
	t.Helper()
	var failed error
	allocations := testing.AllocsPerRun(200, func() {
		if err := c.readFrame(); err != nil {
			failed = err
		}
	})
	if failed != nil {
		t.Fatalf("%s: %v", name, failed)
	}
	if allocations > 0 && !raceEnabled {
		t.Errorf("%s: %v allocations a frame", name, allocations)
	}
}

func TestReadingAllocatesNothing(t *testing.T) {
	for _, c := range costCases() {
		cl := newTestClient(t, &repeated{text: standardFrames(c.dialect, c.codec)}, c.dialect, c.codec)
		expectNoAllocations(t, c.name, cl)
		shard := cl.place.shard
		if want := shard.seats[0].frames * uint64(recordsPerFrame/c.messages); shard.counts.updates != want {
			t.Errorf("%s: %d records counted in %d frames", c.name, shard.counts.updates, shard.seats[0].frames)
		}
	}
}

func TestReadingALongFrameAllocatesNothing(t *testing.T) {
	frame := text(quotesHead + string(make([]byte, 20_000)))
	cl := newTestClient(t, &repeated{text: frame}, bench.Ticker, wire.JSON)
	expectNoAllocations(t, "long frame", cl)
	expect(t, "consumed", cl.delivery.bytes, len(frame))
}

// BenchmarkRead watches what the crowd takes from the server's processor: for
// all records of a frame of the standard load, without the system call.
func BenchmarkRead(b *testing.B) {
	for _, c := range costCases() {
		b.Run(c.name, func(b *testing.B) {
			frames := standardFrames(c.dialect, c.codec)
			cl := newTestClient(b, &repeated{text: frames}, c.dialect, c.codec)
			b.SetBytes(int64(len(frames)))
			b.ReportAllocs()
			for b.Loop() {
				for range c.messages {
					if err := cl.readFrame(); err != nil {
						b.Fatal(err)
					}
				}
			}
		})
	}
}

// BenchmarkScan watches that looking for the times stays a fraction of what it
// costs to parse.
func BenchmarkScan(b *testing.B) {
	for codec, scan := range map[wire.Codec]func([]int64, []byte) []int64{wire.JSON: appendTimes, wire.MsgPack: appendTimesMP} {
		b.Run(codec.Subprotocol(), func(b *testing.B) {
			frame, times := standardFrames(bench.Ticker, codec), []int64(nil)
			b.ReportAllocs()
			for b.Loop() {
				times = scan(times[:0], frame)
			}
		})
	}
}

// BenchmarkSecond watches what the goroutine that measures does each second,
// on the processor that the server is measured on.
func BenchmarkSecond(b *testing.B) {
	for _, ages := range []int{1, 100_000} {
		b.Run(strconv.Itoa(ages)+" ages", func(b *testing.B) {
			board := newBoard(1000)
			for i := range ages {
				board.place(i % 1000).add(&delivery{at: int64(i), times: []int64{0}})
			}
			b.ReportAllocs()
			for b.Loop() {
				tally := &bench.Tally{Ages: bench.NewAges(), Freshest: bench.NewAges()}
				board.second(tally)
			}
		})
	}
}
