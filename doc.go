// Package ticker is the root of the module and holds no code: every directory
// beside it is one room of the program, and the listing reads as the data
// flows, from feed through book and fanout to server.
//
// What is here instead are the tests that watch over the whole tree: that
// imports point one way, that every package says what it is for, that no file
// and no function outgrows its limit, and that the documents name only tests,
// files and libraries that exist.
//
// docs/ARCHITECTURE.md explains the rooms.
package ticker
