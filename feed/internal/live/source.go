package live

import (
	"context"

	"ticker/feed"
)

// Source is the upstream of one exchange.
type Source struct{ venue Venue }

var _ feed.Lines = (*Source)(nil)

// New builds a Source and starts nothing.
func New(v Venue, c Config) (*Source, error) { return &Source{venue: v}, c.validate() }

// Run implements feed.Lines.
func (s *Source) Run(ctx context.Context, run func(context.Context, feed.Source)) error { <-ctx.Done(); return nil }
