package redis

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/redis/go-redis/v9"

	"ticker/feed"
	"ticker/feed/internal/payload"
)

// batchEntries is how many entries are read, and acknowledged, at once.
const batchEntries = 500

// consumer reads a stream on one connection.
type consumer struct {
	*Source
	client *redis.Conn
	to     feed.Sink
	reader *payload.Reader
}

// consume reads a stream: first what the consumer was given before, then what others
// leave lying, then what is new.
func (s *Source) consume(ctx context.Context, client *redis.Conn, to feed.Sink) error {
	c := &consumer{Source: s, client: client, to: to, reader: s.reader(to)}
	if err := c.makeGroup(ctx); err != nil {
		return fmt.Errorf("make group %q of stream %q: %w", s.cfg.Group, s.cfg.Stream, err)
	}
	to.Connected()
	for {
		n, err := c.read(ctx, "0")
		if err != nil {
			return err
		}
		if n == 0 {
			break
		}
	}
	var claimed time.Time
	for {
		if time.Since(claimed) >= s.cfg.ClaimAfter/2 {
			if err := c.claim(ctx); err != nil {
				return fmt.Errorf("claim entries of stream %q: %w", s.cfg.Stream, err)
			}
			claimed = time.Now()
		}
		if _, err := c.read(ctx, ">"); err != nil {
			return err
		}
	}
}

// makeGroup makes the group if it is not there, and the stream. A group that was lost
// with the server's data begins again where the Source was: what came since then is
// not to be lost with it.
func (c *consumer) makeGroup(ctx context.Context) error {
	if c.position == nil {
		position, err := c.findPosition(ctx)
		if err != nil {
			return err
		}
		c.position = &position
	}
	err := c.client.XGroupCreateMkStream(ctx, c.cfg.Stream, c.cfg.Group, c.position.String()).Err()
	if redis.HasErrorPrefix(err, "BUSYGROUP") {
		return nil
	}
	return err
}

// findPosition returns where the group is, or where it is to begin.
func (c *consumer) findPosition(ctx context.Context) (entryID, error) {
	groups, err := c.client.XInfoGroups(ctx, c.cfg.Stream).Result()
	if redis.HasErrorPrefix(err, "no such key") {
		err = nil
	}
	for _, g := range groups {
		if g.Name == c.cfg.Group {
			return parseID(g.LastDeliveredID)
		}
	}
	if err != nil {
		return entryID{}, err
	}
	if c.cfg.Start != "$" {
		return parseID(c.cfg.Start)
	}
	last, err := c.client.XRevRangeN(ctx, c.cfg.Stream, "+", "-", 1).Result()
	if err != nil || len(last) == 0 {
		return entryID{}, err
	}
	return parseID(last[0].ID)
}

// read reads entries behind an ID among those that the consumer was given, or new
// ones, for which it waits for a heartbeat. It returns how many there were.
func (c *consumer) read(ctx context.Context, from string) (int, error) {
	// The library waits longer for commands that block; the context has its own mind.
	reading, cancel := context.WithTimeout(ctx, 2*c.cfg.Heartbeat)
	defer cancel()
	streams, err := c.client.XReadGroup(reading, &redis.XReadGroupArgs{
		Group: c.cfg.Group, Consumer: c.cfg.Consumer, Streams: []string{c.cfg.Stream, from},
		Count: batchEntries, Block: c.cfg.Heartbeat,
	}).Result()
	if errors.Is(err, redis.Nil) || err == nil && len(streams) == 0 {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("read stream %q: %w", c.cfg.Stream, err)
	}
	entries := streams[0].Messages
	return len(entries), c.use(ctx, entries)
}

// claim takes over the entries that other consumers were given long ago.
func (c *consumer) claim(ctx context.Context) error {
	for from := "0-0"; ; {
		entries, next, err := c.client.XAutoClaim(ctx, &redis.XAutoClaimArgs{
			Stream: c.cfg.Stream, Group: c.cfg.Group, Consumer: c.cfg.Consumer,
			MinIdle: c.cfg.ClaimAfter, Start: from, Count: batchEntries,
		}).Result()
		if err != nil {
			return err
		}
		if err := c.use(ctx, entries); err != nil || next == "0-0" {
			return err
		}
		from = next
	}
}

// use applies those entries that were not applied before, and acknowledges all.
func (c *consumer) use(ctx context.Context, entries []redis.XMessage) error {
	if len(entries) == 0 {
		return nil
	}
	ids := make([]string, 0, len(entries))
	trimmed := 0
	for i := range entries {
		id, err := parseID(entries[i].ID)
		if err != nil {
			return fmt.Errorf("read stream %q: %w", c.cfg.Stream, err)
		}
		ids = append(ids, entries[i].ID)
		if entries[i].Values == nil {
			trimmed++
			continue
		}
		c.apply(id, entries[i].Values)
	}
	if trimmed > 0 {
		c.cfg.Logger.Warn("entries were trimmed before they were read", slog.Int("entries", trimmed))
	}
	if err := c.client.XAck(ctx, c.cfg.Stream, c.cfg.Group, ids...).Err(); err != nil {
		return fmt.Errorf("acknowledge entries of stream %q: %w", c.cfg.Stream, err)
	}
	return nil
}

// apply hands an entry to the sink, once. It is remembered first: an entry on which
// the parser panics must not come again.
func (c *consumer) apply(id entryID, fields map[string]any) {
	if id.after(*c.position) {
		*c.position = id
	}
	if !c.applied.add(id) {
		c.to.Alive()
		return
	}
	message, ok := c.message(fields)
	if !ok {
		c.to.Reject(fmt.Errorf("%w: an entry of %d fields without %s", feed.ErrMalformed, len(fields), c.wanted()), []byte(id.String()))
		return
	}
	c.reader.Read([]byte(message))
}

// message finds the message among the fields of an entry.
func (c *consumer) message(fields map[string]any) (string, bool) {
	message, ok := fields[c.wanted()].(string)
	if !ok && c.cfg.Field == "" && len(fields) == 1 {
		for _, only := range fields {
			message, ok = only.(string)
		}
	}
	return message, ok
}

func (c *consumer) wanted() string {
	if c.cfg.Field != "" {
		return c.cfg.Field
	}
	return "quote"
}
