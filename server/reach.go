package server

import (
	"context"
	"time"

	"ticker/auth"
	"ticker/wire"
)

// reachTimeout is how long a client waits for quotes that this node does not have yet.
const reachTimeout = time.Second

// Reach returns nil when the book has what is known of some names and patterns, and
// has it from then on for a while. It returns at once if it has it already.
type Reach func(ctx context.Context, entries []string) error

// reach sees to it that the book has what is known of names and patterns. Those of
// delayed plans come from a history.
func (s *Server) reach(ctx context.Context, g *auth.Grant, entries ...string) *wire.Error {
	if s.cfg.Reach == nil || delayOf(g) != 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, reachTimeout)
	defer cancel()
	if err := s.cfg.Reach(ctx, entries); err != nil {
		s.log.Debug("quotes cannot be fetched", "error", err)
		return refuse(wire.CodeUnavailable, "this node has to fetch these quotes first, and cannot at the moment")
	}
	return nil
}
