package redis

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"strings"

	"github.com/redis/go-redis/v9"

	"ticker/internal/redisconn"
	"ticker/publish"
)

// Sink is a Redis server. It implements publish.Sink.
type Sink struct {
	cfg     Config
	options *redis.Options
	link    *link
	// left is the connection that a Send failed on, as the server calls it; 0 if it is
	// known to be closed.
	left int64
}

// link is one connection. One that is lost is not looked for in the pool again.
type link struct {
	conn   *redisconn.Conn
	client *redis.Conn
	id     int64 // what the server calls it
}

// close ends the connection. An error says only that it has ended already.
func (l *link) close() {
	_ = l.client.Close()
	l.conn.Close()
}

// New builds a Sink and connects to nothing. The error names what is wrong with the
// configuration.
func New(cfg Config) (*Sink, error) {
	options, err := cfg.validate()
	if err != nil {
		return nil, fmt.Errorf("configure redis: %w", err)
	}
	return &Sink{cfg: cfg, options: options}, nil
}

// Send implements publish.Sink.
func (s *Sink) Send(ctx context.Context, records []publish.Record) error {
	if len(records) == 0 {
		return nil
	}
	err := s.send(ctx, records)
	if err != nil {
		s.Close()
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

// Close implements publish.Sink.
func (s *Sink) Close() {
	if s.link == nil {
		return
	}
	if s.link.id != 0 {
		s.left = s.link.id
	}
	s.link.close()
	s.link = nil
}

// send sends the records on the connection, or on a new one. The end of ctx closes
// the connection: the library only looks at deadlines.
func (s *Sink) send(ctx context.Context, records []publish.Record) error {
	if s.link == nil {
		conn, err := redisconn.Dial(ctx, s.options)
		if err != nil {
			return fmt.Errorf("connect to redis: %w", err)
		}
		s.link = &link{conn: conn, client: conn.Client.Conn()}
	}
	release := context.AfterFunc(ctx, s.link.conn.Cut)
	defer release()
	if err := s.settle(ctx); err != nil {
		return fmt.Errorf("connect to redis: %w", err)
	}
	if err := s.carry(ctx, records); err != nil {
		return fmt.Errorf("send to redis: %w", err)
	}
	return nil
}

// settle learns what the server calls a new connection, and has the one closed that a
// Send failed on.
func (s *Sink) settle(ctx context.Context) (err error) {
	if s.link.id == 0 {
		s.link.id, err = s.link.client.ClientID(ctx).Result()
	}
	if err != nil || s.left == 0 {
		return err
	}
	err = s.link.client.ClientKillByFilter(ctx, "id", strconv.FormatInt(s.left, 10)).Err()
	if redis.HasErrorPrefix(err, "NOPERM") {
		s.cfg.Logger.Warn("old connection may not be closed: records may be out of order", slog.Any("error", err))
		err = nil
	}
	if err == nil {
		s.left = 0
	}
	return err
}

// carry carries records over in one round trip.
func (s *Sink) carry(ctx context.Context, records []publish.Record) error {
	_, err := s.link.client.Pipelined(ctx, func(pipe redis.Pipeliner) error {
		for i := range records {
			s.add(ctx, pipe, &records[i])
		}
		if s.cfg.Hash != "" {
			pipe.HSet(ctx, s.cfg.Hash, fields(records)...)
		}
		return nil
	})
	return err
}

func (s *Sink) add(ctx context.Context, pipe redis.Pipeliner, r *publish.Record) {
	if s.cfg.Channel != "" {
		pipe.Publish(ctx, strings.ReplaceAll(s.cfg.Channel, symbolPlace, string(r.Symbol)), r.JSON)
	}
	if s.cfg.Stream != "" {
		pipe.XAdd(ctx, &redis.XAddArgs{
			Stream: s.cfg.Stream, MaxLen: int64(s.cfg.MaxLen), Approx: true, Values: []any{"quote", r.JSON},
		})
	}
}

// fields returns symbols and records in turn.
func fields(records []publish.Record) []any {
	values := make([]any, 0, 2*len(records))
	for i := range records {
		values = append(values, string(records[i].Symbol), records[i].JSON)
	}
	return values
}
