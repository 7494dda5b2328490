// Package peertest is what the tests of the servers share: a small market, a
// server that runs for as long as the test, and a client of the ticker dialect.
//
// Each helper fails the test that it was given, from that test's goroutine.
package peertest
