// Package js is the client for browsers and Node: plain ES modules, which run
// as they stand in src, in every place that imports them. The Go program holds
// them too, so that the dashboard, and every other page, gets them from the
// service that it speaks to.
//
// README.md explains the client; what is below test runs with npm.
package js

import "embed"

// Source holds the modules, below src.
//
//go:embed src/*.js src/transports/*.js
var Source embed.FS
