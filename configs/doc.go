// Package configs holds example configurations. Each is complete in itself,
// says what it is for, and is loaded by a test.
package configs

import "embed"

// Files holds the examples.
//
//go:embed *.yaml
var Files embed.FS
