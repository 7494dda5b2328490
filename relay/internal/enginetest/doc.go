// Package enginetest is what every engine of the relay has to pass, on real servers.
//
//	Kit.Start ──► a server of the test's own ◄──Run── engines, as leader and follower
//	                  ▲
//	                  └─ killed, restarted, cut off by a proxy
//
// Each promise of relay.Outlet, relay.Inlet, relay.Lease and, of an engine that has one,
// relay.Backlog is a test of Run. Waits are for conditions, and end after a minute;
// nothing is asserted about how long something takes, but that a lease does not end
// early.
//
// # What the caller must do
//
// Run is called with a Kit whose servers keep what they were given over a kill and a
// restart.
package enginetest
