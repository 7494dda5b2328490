package historytest

import "testing"

func testRestart(t *testing.T, newPlace NewPlace) {
	t.Helper()
	newStore := newPlace(t)
	p := &pair{store: newStore(), model: new(Model)}
	for run, epoch := range []string{"e3", "e1", "e2"} {
		p.open(t)
		everything(t, p, "A", "B", "C")
		at := midnight + int64(run)*day
		p.append(t, epoch, trade("A", at, 1, 5), trade("A", at+second, 2, 7, 3), quote("C", at, 1))
		p.append(t, "e1", firstBatch()...)
		everything(t, p, "A", "B", "C")
		if err := p.store.Close(); err != nil {
			t.Fatalf("close: %v", err)
		}
		p.store = newStore()
	}
	p.open(t)
	t.Run("everything is there again", func(t *testing.T) { everything(t, p, "A", "B", "C") })
	if err := p.store.Close(); err != nil {
		t.Fatalf("close: %v", err)
	}
}
