// Package historytest is what every history.Store has to pass: the rules of the
// contract, each as a subtest with the rule for its name.
//
//	func TestStore(t *testing.T) {
//		historytest.Run(t, func(t *testing.T) func() history.Store {
//			path := filepath.Join(t.TempDir(), "history.db")
//			return func() history.Store { return openable(path) }
//		})
//	}
//
// A rule gives the same batches to the store under test and to a Model, asks
// both the same questions, and compares the answers: numbers by value, everything
// else exactly. The Model keeps all samples in one slice and answers by looking
// at every one of them, so that there is little in it that could be wrong; what
// a rule stands for is besides said in plain numbers, where that is short.
//
// # Concurrency
//
// Rules that only read share a place and run in parallel, on one store; rules
// that write have a place of their own, but for those of the random batches,
// which write symbols that no other rule asks for. A Model is safe for
// concurrent use.
//
// # What the caller must do
//
// Places are made for each group of rules, fewer than a dozen in all, and at the
// same time: they must not share anything. The store reads this machine's clock
// to know when a day was written to, as the rules do that drop days.
package historytest
