// Package past plays a session of the past: what the history of the service has
// recorded, as a live feed. A dashboard cannot tell it from the day itself.
//
//	Reader ──windows of samples──► player (pace) ──► feed.Sink
//
// A run begins with the record that each symbol had just before Config.From, and
// goes on with every sample from there to Config.To, in the order and at the
// pace in which they were accepted, or so many times faster. Each sample is one
// update: the whole record, its status, and the trades that it stands for. At
// the end the source stays connected, as a recording does, and one log line says
// so.
//
// # Windows
//
// Samples are read in windows of time, each as wide as gives some thousands of
// samples, and one is read ahead while another is played. So memory is bounded
// by two windows, whatever there is to play.
//
// A Reader that fails ends the run. The next run goes on where this one was.
//
// # Concurrency
//
// Run owns two goroutines, one that reads and the caller's, which plays.
package past
