// Command ticker is the service and its tools: serve, watch, snapshot, candles,
// bench, config, token, key and version.
//
// main does nothing but call run; run is the whole program, and tests start it
// in-process with streams, arguments and an environment of their own. This is
// the only package that knows flags, environment variables and YAML: the other
// packages take structs. serve.go wires them in the order in which data flows,
// and takes them down in the opposite one. reload.go has a service that runs go by
// a configuration that changed, on a goroutine of its own: what it hands on is whole
// and never changes.
//
// Exit codes: 0 all is well, 1 something failed at run time, 2 the command,
// the configuration or an argument is wrong. What is wrong stands in one line
// on stderr.
package main
