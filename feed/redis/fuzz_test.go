package redis

import (
	"context"
	"fmt"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/redis/go-redis/v9"

	"ticker/feed/internal/queuetest"
)

// FuzzEntries reads a stream whose entries have any IDs and fields: one on each line,
// as ID FIELD VALUE FIELD VALUE…, without fields for one that was trimmed. All are
// acknowledged, in order, or none is; the sink is told of each that was not trimmed, and
// of no ID twice.
func FuzzEntries(f *testing.F) {
	const good = `{"symbol":"A","bid":1}`
	for _, seed := range []string{
		"", "1-0 quote " + good, "1-0 quote " + good + "\n1-0 quote " + good, "2-0 only " + good + "\n1-5 quote noise\n3-0", "x quote " + good,
		"1-0 a " + good + " b " + good, "18446744073709551615-18446744073709551615 quote []\n0-0 quote ", "1 quote " + good + "\n1-0 quote " + good,
		"1-0 quote " + good + "\n- quote " + good, "1-0 data " + good + "\n\n2-0 data x data y",
	} {
		f.Add(seed, "")
		f.Add(seed, "data")
	}
	f.Fuzz(func(t *testing.T, text, field string) {
		source, err := New(Config{URL: "redis://h", Stream: "s", Group: "g", Field: field})
		if err != nil {
			return // a field of that name cannot be asked for
		}
		source.applied = newApplied(len(text)) // no fewer than there are entries
		server := &streamServer{streams: streamsOf(text)}
		client := redis.NewClient(source.options)
		client.AddHook(server)
		conn := client.Conn()
		defer func() { _ = client.Close() }()
		defer func() { _ = conn.Close() }()
		sink := queuetest.NewJournal()
		source.position = &entryID{}
		c := &consumer{Source: source, client: conn, to: sink, reader: source.reader(sink)}

		n, err := c.read(t.Context(), ">")
		ids, fresh, repeated, last, ok := census(server.streams)
		if n != len(ids) || ok != (err == nil) {
			t.Fatalf("%q: read %d, %v", text, n, err)
		}
		if !ok {
			ids = nil
		}
		if diff := cmp.Diff(ids, server.acked); diff != "" {
			t.Errorf("%q: acknowledged (-want +got):\n%s", text, diff)
		}
		if told := sink.Told(); len(told.Updates)+len(told.Rejected) < fresh || told.Alive != repeated || *c.position != last {
			t.Errorf("%q: %d entries are new and %d are not, up to %v: position %v, %+v", text, fresh, repeated, last, c.position, told)
		}
	})
}

// streamServer answers the commands of a consumer in place of a server.
type streamServer struct {
	streams []redis.XStream
	acked   []string
}

func (s *streamServer) DialHook(redis.DialHook) redis.DialHook {
	return func(context.Context, string, string) (net.Conn, error) { return nil, net.ErrClosed }
}

func (s *streamServer) ProcessPipelineHook(next redis.ProcessPipelineHook) redis.ProcessPipelineHook {
	return next
}

func (s *streamServer) ProcessHook(redis.ProcessHook) redis.ProcessHook {
	return func(_ context.Context, command redis.Cmder) error {
		switch c := command.(type) {
		case *redis.XStreamSliceCmd:
			c.SetVal(s.streams)
		case *redis.IntCmd:
			for _, id := range c.Args()[3:] { // behind XACK, stream and group
				s.acked = append(s.acked, fmt.Sprint(id))
			}
		}
		return nil
	}
}

// streamsOf reads the entries of a stream; without a text there is not even a stream.
func streamsOf(text string) []redis.XStream {
	if text == "" {
		return nil
	}
	stream := redis.XStream{Stream: "s"}
	for line := range strings.SplitSeq(text, "\n") {
		words := strings.Split(line, " ")
		entry := redis.XMessage{ID: words[0]}
		for words = words[1:]; len(words) > 1; words = words[2:] {
			if entry.Values == nil {
				entry.Values = make(map[string]any)
			}
			entry.Values[words[0]] = words[1]
		}
		stream.Messages = append(stream.Messages, entry)
	}
	return []redis.XStream{stream}
}

// census returns the IDs of all entries; how many of them, up to the first whose ID is
// none, are new, how many repeat one that was; and the last ID. It reports false if
// there is an ID that is none.
func census(streams []redis.XStream) (ids []string, fresh, repeated int, last entryID, ok bool) {
	seen := make(map[entryID]bool)
	ok = true
	for _, stream := range streams {
		for _, entry := range stream.Messages {
			ids = append(ids, entry.ID)
			id, err := parseID(entry.ID)
			if ok = ok && err == nil; !ok || entry.Values == nil {
				continue
			}
			if seen[id] {
				repeated++
			} else {
				fresh++
			}
			seen[id] = true
			if id.after(last) {
				last = id
			}
		}
	}
	return ids, fresh, repeated, last, ok
}
