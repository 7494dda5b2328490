package server

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"ticker/fanout"
)

func TestStrainRisesByOneALookAndFallsWellBelowWhereItRose(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		before strain
		used   float64
		after  strain
	}{
		{calm, 0, calm},
		{calm, 0.89, calm},
		{calm, 0.90, refusing},
		{calm, 1.5, refusing},
		{refusing, 0.80, refusing},
		{refusing, 0.79, calm},
		{refusing, 0.96, refusing},
		{refusing, 0.97, shedding},
		{shedding, 0.90, shedding},
		{shedding, 0.89, refusing},
		{shedding, 0.79, calm},
	} {
		w := watched{strain: c.before}
		if w.look(c.used); w.strain != c.after || w.widened() != 1 {
			t.Errorf("%d at %v becomes %d and widens by %d, want %d", c.before, c.used, w.strain, w.widened(), c.after)
		}
	}
}

func TestNobodyIsShedBeforeNewSessionsWereRefused(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		var w watched
		for _, used := range rapid.SliceOf(rapid.Float64Range(0, 2)).Draw(t, "used") {
			before := w.strain
			if w.look(used); w.strain == shedding && before == calm {
				t.Fatalf("from calm to shedding at %v", used)
			}
			if used >= refuseAbove && w.strain == calm {
				t.Fatalf("calm at %v", used)
			}
			if used < reopenBelow && w.strain != calm {
				t.Fatalf("%d at %v", w.strain, used)
			}
		}
	})
}

func TestAResourceThatEasesHasEveryStepTriedForAWhile(t *testing.T) {
	t.Parallel()
	w := watched{Resource: Resource{Eased: true}}
	for i, c := range []struct {
		looks  int
		used   float64
		after  strain
		factor int
	}{
		{9, 0.89, calm, 1},
		{2, 0.90, calm, 1},
		{1, 0.89, calm, 1}, // it has to last
		{2, 1, calm, 1},
		{1, 1, doubled, 2},
		{3, 1, quadrupled, 4},
		{3, 1, eightfold, 8},
		{2, 1, eightfold, 8},
		{1, 1, refusing, 8},
		{3, 1, shedding, 8},
		{9, 1, shedding, 8},
		{1, 0.89, refusing, 8}, // nobody is closed once it helps
		{9, 0.79, refusing, 8},
		{1, 0.80, refusing, 8}, // that has to last, too
		{10, 0.79, eightfold, 8},
		{10, 0.79, quadrupled, 4},
		{3, 0.95, eightfold, 8},
		{30, 0, calm, 1},
		{99, 0, calm, 1},
	} {
		for range c.looks {
			w.look(c.used)
		}
		if w.strain != c.after || w.widened() != c.factor {
			t.Errorf("step %d: strain %d widens by %d, want %d and %d", i, w.strain, w.widened(), c.after, c.factor)
		}
	}
}

func TestStepsOfAResourceThatEasesAreTakenOneByOne(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := watched{Resource: Resource{Eased: true}}
		var recent []float64
		for _, used := range rapid.SliceOf(rapid.SampledFrom([]float64{0, 0.85, 1})).Draw(t, "used") {
			before := w.strain
			w.look(used)
			recent = append(recent, used)
			if w.strain > before+1 || w.strain < before-1 {
				t.Fatalf("from %d to %d", before, w.strain)
			}
			if w.strain > before && (len(recent) < easeAfter || slices.Min(recent[len(recent)-easeAfter:]) < refuseAbove) {
				t.Fatalf("to %d after %v", w.strain, recent)
			}
			if w.strain == shedding && used < refuseAbove {
				t.Fatalf("sessions are closed at %v", used)
			}
		}
	})
}

func TestTheWidestIntervalsAreTheWidestOfAHub(t *testing.T) {
	t.Parallel()
	if got := shedding.widened(); got != fanout.MostWidened {
		t.Errorf("%d, the hub widens by %d", got, fanout.MostWidened)
	}
}
