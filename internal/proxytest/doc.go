// Package proxytest runs a throwaway nginx or HAProxy for tests, on a configuration
// that is shipped.
//
//	text of a file ──► replace addresses and paths ──► nginx or haproxy on 127.0.0.1:PORT ──► removed at the end
//
// What a test cannot leave as it is in production's file, ports, addresses and paths, it
// replaces by texts of its own. A replacement that finds nothing to replace is an
// error, so a test never runs on something else than it says.
//
//	proxy := proxytest.Start(t, proxytest.Options{
//		Program: proxytest.NGINX,
//		Config:  text,
//		Replace: map[string]string{"listen 443": "listen 127.0.0.1:{port0}"},
//		Ports:   1,
//	})
//
// A machine without the program fails the test with a line that says what to install.
//
// # What the caller must do
//
// Stop, Kill, Restart, Pause and Resume are for one goroutine at a time. Package
// servertest has them, and what it says of processes holds here.
package proxytest
