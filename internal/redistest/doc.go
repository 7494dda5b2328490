// Package redistest runs a throwaway Redis server for tests.
//
//	redis-server on 127.0.0.1:PORT, its data in a directory of its own ──► removed at the end
//
// The server is a real one, so a test sees what an installation sees: a restart, a
// kill in the middle of a pipeline, a server that stands still with its
// connections open. A machine without Redis fails the test with a line that says
// what to install.
//
//	server := redistest.Start(t, redistest.Options{})
//	options, err := redis.ParseURL(server.URL())
//
// It starts within a few milliseconds. The tests of a package may share one where
// they do not harm it, each with keys and channels of its own names:
//
//	var shared redistest.Shared
//
//	func TestMain(m *testing.M) {
//		goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) { os.Exit(shared.Close(code)) }))
//	}
//
//	func TestSomething(t *testing.T) {
//		url := shared.Server(t).URL()
//
// # What the caller must do
//
// Stop, Kill, Restart, Pause and Resume are for one goroutine at a time, and for a
// server that is not shared. Package servertest has them, and what it says of
// processes holds here.
package redistest
