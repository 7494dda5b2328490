// Command sbom writes what a program is made of, as a bill of materials in CycloneDX
// 1.5 (JSON), on its standard output:
//
//	go run ./internal/sbom bin/ticker > bin/ticker.cdx.json
//
// It asks the program itself: the Go linker leaves in it every module with its version
// and checksum, and which compiler it was. Beside them stand what the program holds that
// is no Go, which are the vendored files of the dashboard, and with the scope "excluded"
// the packages that only the tests of js need. It is run from the root of the module.
//
// The program has the SHA-256 of its file there, so that a document is of one file and
// cannot pass for that of another architecture or build.
//
// A licence is named where the module cache has one file of it that holds one text we
// know, and left out otherwise: no licence is better than a wrong one.
//
// The same program and the same tree give the same bytes, so there is no time and no
// random number in them. Nothing runs concurrently.
package main
