package nats_test

import (
	"slices"
	"testing"

	"ticker/feed/internal/queuetest"
	"ticker/internal/natstest"
	"ticker/market"
)

func TestQuotesComeInAsTheyWerePublished(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t, natstest.Options{})
	j := queuetest.NewJournal()
	r := queuetest.Run(t, newSource(t, onSubject(s)), j)
	j.AwaitConnection(t)
	open(t, s).publish(`{"symbol":"A","bid":1.2500}`, `[{"symbol":"B","bid":2},{"symbol":"B","bid":3}]`, `{"symbol":"C","bid":-0.00000001}`)
	j.AwaitUpdates(t, 4)
	r.Stop(t)
	if got, want := j.Told().Updates, []string{"A 1.2500", "B 2", "B 3", "C -0.00000001"}; !slices.Equal(got, want) {
		t.Errorf("updates %q, want %q", got, want)
	}
}

func TestABadMessageLosesOnlyItself(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t, natstest.Options{})
	j := queuetest.NewJournal()
	r := queuetest.Run(t, newSource(t, onSubject(s)), j)
	j.AwaitConnection(t)
	open(t, s).publish(queuetest.Bids("A", 0, 1)[0], "noise", "", `{"symbol":"a","bid":1}`, queuetest.Bids("A", 1, 1)[0])
	j.AwaitUpdates(t, 2)
	r.Stop(t)
	j.EachOnce(t, "A", 2)
	if got := j.Told().Rejected; len(got) != 3 {
		t.Errorf("refused %q", got)
	}
}

func TestAQueueGroupSharesTheMessages(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t, natstest.Options{})
	cfg := onSubject(s)
	cfg.Queue = "desk"
	journals := []*queuetest.Journal{queuetest.NewJournal(), queuetest.NewJournal()}
	all := queuetest.NewJournal()
	for _, j := range journals {
		queuetest.Run(t, newSource(t, cfg), both{j, all})
		j.AwaitConnection(t)
	}
	open(t, s).publish(queuetest.Bids("A", 0, 500)...)
	all.AwaitUpdates(t, 500)
	for bid, times := range all.Counts() {
		if times != 1 {
			t.Errorf("%s came %d times", bid, times)
		}
	}
	for i, j := range journals {
		if len(j.Told().Updates) == 0 {
			t.Errorf("nothing came to member %d", i)
		}
	}
}

// both tells two journals of an update.
type both struct {
	*queuetest.Journal
	all *queuetest.Journal
}

func (b both) Update(u *market.Update) {
	b.Journal.Update(u)
	b.all.Update(u)
}

func TestAQuietSubjectIsAlive(t *testing.T) {
	t.Parallel()
	s := natstest.Start(t, natstest.Options{})
	j := queuetest.NewJournal()
	r := queuetest.Run(t, newSource(t, onSubject(s)), j)
	j.Await(t, "sign of life", func(told queuetest.Told) bool { return told.Connected && told.Alive >= 2 })
	r.Stop(t)
}
