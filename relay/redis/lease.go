package redis

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"

	"ticker/relay"
)

// The scripts of the lease. Numbers are compared as texts, since those of Lua are exact
// up to 2^53 only.
const (
	// acquireScript sets the key of the lease and returns the new term, or nothing if
	// the key is there. Its arguments are the holder, the term to be above, and the time
	// in milliseconds.
	acquireScript = `
if redis.call('EXISTS', KEYS[1]) == 1 then return false end
local above, last = ARGV[2], redis.call('GET', KEYS[2]) or '0'
if #above > #last or (#above == #last and above > last) then redis.call('SET', KEYS[2], above) end
redis.call('INCR', KEYS[2])
local term = redis.call('GET', KEYS[2])
redis.call('SET', KEYS[1], term .. ' ' .. ARGV[1], 'PX', ARGV[3])
return term`

	// renewScript and releaseScript return 1 if the lease is that of their first
	// argument.
	renewScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])`

	releaseScript = `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
return redis.call('DEL', KEYS[1])`
)

// Acquire implements relay.Lease. Terms are below 2^63.
func (e *Engine) Acquire(ctx context.Context, holder string, above uint64, ttl time.Duration) (term uint64, err error) {
	err = e.ask(func(client *redis.Client) error {
		term, err = client.Eval(ctx, acquireScript, []string{e.names.lease, e.names.term},
			holder, strconv.FormatUint(above, 10), ttl.Milliseconds()).Uint64()
		return err
	})
	if errors.Is(err, redis.Nil) {
		return 0, relay.ErrHeld
	}
	if err != nil {
		return 0, fmt.Errorf("acquire lease in redis: %w", err)
	}
	return term, nil
}

// Renew implements relay.Lease. A lease that ended is not revived: the error is ErrHeld
// then too.
func (e *Engine) Renew(ctx context.Context, holder string, term uint64, ttl time.Duration) error {
	held, err := e.own(ctx, renewScript, claim(holder, term), ttl.Milliseconds())
	switch {
	case err != nil:
		return fmt.Errorf("renew lease in redis: %w", err)
	case !held:
		return relay.ErrHeld
	}
	return nil
}

// Release implements relay.Lease. It is no error if the lease has ended.
func (e *Engine) Release(ctx context.Context, holder string, term uint64) error {
	if _, err := e.own(ctx, releaseScript, claim(holder, term)); err != nil {
		return fmt.Errorf("release lease in redis: %w", err)
	}
	return nil
}

// claim is the value of the lease.
func claim(holder string, term uint64) string { return strconv.FormatUint(term, 10) + " " + holder }

// own runs a script that reports whether the lease is ours.
func (e *Engine) own(ctx context.Context, script string, args ...any) (held bool, err error) {
	err = e.ask(func(client *redis.Client) error {
		held, err = client.Eval(ctx, script, []string{e.names.lease}, args...).Bool()
		return err
	})
	return held, err
}
