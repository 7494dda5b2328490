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
// PostgreSQL refuses to run as root: a test that does runs it as the user
// postgres, or nobody. Stop ends every session, and rolls back what they had not
// committed; Kill ends the server with the processes of its sessions, and what was
// committed is kept. Otherwise holds what package servertest says.
//
// # What the caller must do
//
// Databases may be made from any goroutine. Stop, Kill, Restart, Pause and
// Resume are for one goroutine at a time, and for a server that is not shared.
package postgrestest
