// Package postgrestest runs a throwaway PostgreSQL server for tests.
//
//	initdb ──► a data directory of its own ──► postgres on 127.0.0.1:PORT ──► removed at the end
//
// The server is a real one, of the newest version that is installed, so a test
// sees what an installation sees: constraint violations, failovers, a kill in
// the middle of a transaction. A machine without PostgreSQL fails the test with
// a line that says what to install.
//
//	server := postgrestest.Start(t, postgrestest.Options{})
//	url := server.NewDatabase(t)
//
// Starting one takes a second or two, so the tests of a package share one where
// they do not harm it, and each takes a database of its own:
//
//	var shared postgrestest.Shared
//
//	func TestMain(m *testing.M) {
//		goleak.VerifyTestMain(m, goleak.Cleanup(func(code int) { os.Exit(shared.Close(code)) }))
//	}
//
//	func TestSomething(t *testing.T) {
//		url := shared.Server(t).NewDatabase(t)
//
// # Processes
//
// The server is a child of the test, and on Linux ends with it however that
// ends. PostgreSQL refuses to run as root: a test that does runs it as the user
// postgres, or nobody. Signals go to the server and to the processes that it
// made, and to nothing else. Nothing here starts a goroutine.
//
// # What the caller must do
//
// Databases may be made from any goroutine. Stop, Kill, Restart, Pause and
// Resume are for one goroutine at a time, and for a server that is not shared.
package postgrestest
