// Package browsertest drives a headless Chromium from Go tests.
//
// It is a small client of the Chrome DevTools Protocol: enough to open a page,
// evaluate JavaScript in it, press keys, emulate a screen or a colour scheme,
// and take a screenshot. Everything that goes wrong on the way ends the test.
//
//	browser := browsertest.Start(t)
//	page := browser.Open(t, server.URL)
//	page.WaitFor(`document.querySelectorAll("tbody tr").length > 0`)
//	page.Eval(`document.title`, &title)
//
// The client and Chromium speak over a pair of pipes, so there is no port to
// find, nobody else can attach, and Chromium ends when the test process does.
// Each page has a browser context of its own: no cache, no storage and no
// window in common with another page.
//
// A page keeps what the browser complained about, uncaught exceptions and
// violations of the content security policy, for Page.Complaints.
//
// # Concurrency
//
// A Browser may be shared by parallel subtests, each with its own Page. A Page
// belongs to the goroutine of its test. Start runs one goroutine, which reads
// the pipe; the clean-up of the test that called Start waits for it and for
// the process.
//
// # What the caller must have
//
// Chromium, as the Debian package chromium installs it. Without it the test
// fails: a browser test that is skipped in silence tests nothing.
package browsertest
