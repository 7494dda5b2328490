package client_test

import (
	"errors"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"ticker/client"
	"ticker/client/clienttest"
	"ticker/market"
	"ticker/wire"
)

// scripted runs a client against a script and returns what OnQuotes was given
// until the script had ended.
func scripted(t *testing.T, codec wire.Codec, script func(*clienttest.Conn)) (*running, []client.Batch) {
	t.Helper()
	var batches []client.Batch
	var played atomic.Bool
	cfg := client.Config{Codec: codec, OnQuotes: func(b client.Batch) { batches = append(batches, b) }}
	r := run(t, cfg, func(c *clienttest.Conn) {
		c.Welcome()
		if !played.Swap(true) {
			script(c)
		}
		drain(c)
	})
	synctest.Wait()
	return r, batches
}

func TestBatchesComeInOrderAndWhole(t *testing.T) {
	t.Parallel()
	for codec := range wire.NumCodecs {
		t.Run(codec.Subprotocol(), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r, batches := scripted(t, codec, func(c *clienttest.Conn) {
					for seq := range uint64(100) {
						cursor := strconv.FormatUint(seq, 10)
						c.Quotes(cursor, quote("A", seq+1, 100), quote("B", seq+1, 200))
					}
				})
				if len(batches) != 100 {
					t.Fatalf("%d batches, want 100", len(batches))
				}
				bytes := uint64(0)
				for i, b := range batches {
					bytes += uint64(b.Bytes)
					want := client.Batch{
						Session: "session-1", Epoch: "epoch-1", Cursor: strconv.Itoa(i), Bytes: b.Bytes, Received: time.Now(),
						Widened: 1, Records: []wire.Record{live(quote("A", uint64(i+1), 100)), live(quote("B", uint64(i+1), 200))},
					}
					expect(t, "batch", b, want)
				}
				stats := r.Stats()
				expect(t, "messages", stats.Messages, uint64(101))
				if stats.Bytes <= bytes || stats.Garbage != 0 {
					t.Errorf("stats are %+v, want more than the %d bytes of the batches and no garbage", stats, bytes)
				}
			})
		})
	}
}

func TestNothingIsReadAheadOfTheCallback(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var sent atomic.Int32
		release := make(chan struct{})
		cfg := client.Config{OnQuotes: func(client.Batch) { <-release }}
		records := make([]wire.Record, 200) // more than any buffer on the way
		for i := range records {
			records[i] = quote(market.Symbol("S"+strconv.Itoa(i)), 1, 100)
		}
		r := run(t, cfg, func(c *clienttest.Conn) {
			c.Welcome()
			for range 50 {
				c.Quotes("cursor", records...)
				sent.Add(1)
			}
			drain(c)
		})
		time.Sleep(30 * time.Second)
		if n := sent.Load(); n > 2 {
			t.Errorf("%d messages were taken while the first was being handled", n)
		}
		close(release)
		synctest.Wait()
		expect(t, "messages sent in the end", sent.Load(), int32(50))
		expect(t, "connections", len(r.in(client.Online)), 1)
	})
}

func TestMessagesThatMakeNoSenseAreCountedAndPassedOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, batches := scripted(t, wire.JSON, func(c *clienttest.Conn) {
			for _, garbage := range []string{``, `{`, `null`, `[1]`, `{"type":"event","channel":"quotes","quotes":[{"bid":"x"}]}`} {
				c.SendRaw([]byte(garbage))
			}
			c.SendOtherKind([]byte(`{"type":"pong"}`))
			c.Quotes("cursor", quote("A", 1, 100))
		})
		expect(t, "garbage", r.Stats().Garbage, uint64(6))
		expect(t, "batches", len(batches), 1)
		expect(t, "connections", len(r.in(client.Online)), 1)
	})
}

func TestConnectionOfMuchGarbageIsDropped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, _ := scripted(t, wire.JSON, func(c *clienttest.Conn) {
			for range 9 {
				c.SendRaw([]byte(`garbage`))
			}
		})
		waits := r.in(client.Waiting)
		if len(waits) != 1 {
			t.Fatalf("%d connections ended, want 1", len(waits))
		}
		expectError(t, waits[0].state.Err, "too many messages that make no sense, the last: ")
	})
}

func TestMessageOverTheLimitEndsTheConnection(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := run(t, client.Config{MaxMessageBytes: 1000}, func(c *clienttest.Conn) {
			c.Welcome()
			c.SendRaw([]byte(`{"type":"x","pad":"` + strings.Repeat("x", 1000) + `"}`))
			drain(c)
		})
		synctest.Wait()
		waits := r.in(client.Waiting)
		if len(waits) != 1 {
			t.Fatalf("%d connections ended, want 1", len(waits))
		}
		expectError(t, waits[0].state.Err, "read limit exceeded")
	})
}

func TestWhatALaterVersionSaysIsPassedOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, batches := scripted(t, wire.JSON, func(c *clienttest.Conn) {
			for _, text := range []string{
				`{"type":"novelty","a":[1,{"b":null}]}`,
				`{"type":"event","channel":"weather","event":"rain"}`,
				`{"type":"event","channel":"system","event":"birthday"}`,
				`{"type":"response","id":"nobody","result":{}}`,
				`{"type":"error","code":"bad_message","message":"for nobody"}`,
				`{"type":"error","id":"nobody","code":"new_code","message":"?"}`,
				`{"type":"pong","id":"nobody","ts":1}`,
				`{"type":"event","channel":"quotes","cursor":"c","mood":"calm","quotes":[{"symbol":"A","seq":1,"recv":1,"bid":1.00,"colour":"red"}]}`,
			} {
				c.SendRaw([]byte(text))
			}
		})
		if len(batches) != 1 {
			t.Fatalf("%d batches, want 1", len(batches))
		}
		expect(t, "records", batches[0].Records, []wire.Record{live(quote("A", 1, 100))})
		expect(t, "garbage", r.Stats().Garbage, uint64(0))
	})
}

func TestRecordsWithoutACanonicalSymbolAreDropped(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r, batches := scripted(t, wire.JSON, func(c *clienttest.Conn) {
			c.SendRaw([]byte(`{"type":"event","channel":"quotes","cursor":"c","quotes":[
				{"symbol":"A\u001b[2J","seq":1,"recv":1,"bid":1.00},{"seq":1,"recv":1,"bid":1.00},
				{"symbol":"A","seq":1,"recv":1,"bid":1.00},{"symbol":"btc","seq":1,"recv":1}]}`))
		})
		if len(batches) != 1 {
			t.Fatalf("%d batches, want 1", len(batches))
		}
		expect(t, "records", batches[0].Records, []wire.Record{live(quote("A", 1, 100))})
		expect(t, "garbage", r.Stats().Garbage, uint64(3))
	})
}

func TestPanicOfACallbackUnwindsThroughRunAndLeavesNothingBehind(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		server := clienttest.Start(func(c *clienttest.Conn) {
			c.Welcome()
			c.Quotes("c", quote("A", 1, 100))
			drain(c)
		})
		t.Cleanup(server.Close)
		c, err := client.New(client.Config{
			URL: server.URL, NetDial: server.Dial,
			OnQuotes: func(client.Batch) { panic("on purpose") },
		})
		if err != nil {
			t.Fatal(err)
		}
		func() {
			defer func() { expect(t, "panic", recover(), any("on purpose")) }()
			_ = c.Run(t.Context())
		}()
		if _, err := c.Session(t.Context()); !errors.Is(err, client.ErrEnded) {
			t.Errorf("error is %v, want ErrEnded", err)
		}
	})
}
