// Package replay plays recordings: raw messages of an exchange, or records of
// this service.
//
//	files ──► recording (lines) ──► queue (by receive time) ──► parser ──► Sink
//	                                     │
//	                                   pace
//
// # Lines
//
// A recording is a plain or gzip-compressed text file. A line is one message,
// after its receive time if that was recorded ("1618677817.0618958: {…}": Unix
// seconds and ": "). A line that begins with a URL tells of a connection, a
// request or an answer over HTTP: it is no message and is skipped. Without a
// venue each message is a record of this service, as it is pushed.
//
// A line of more than 16 MiB is refused. A file whose compression breaks off
// is played as far as it goes. Neither ends the replay.
//
// # Order and pace
//
// Several files are merged into one source by receive time; equal times go in
// the order in which the files are listed, and then by line. Each file was a
// connection of its own and has a parser of its own. A record of this service
// without a receive time before it has its own `recv`, or else `ts`. A line
// without any time follows at once on the line before it, so a recording
// without times is played file by file, as fast as it can be.
//
// The pace is that of the receive times, against the monotonic clock, times
// Speed. Records are played up to a millisecond early, which saves most timers.
//
// # Loops
//
// A recording in a loop goes on as if its venue had: what is added to the
// receive times and times of the second lap is the length of the first and
// LapPause, and what is added to its sequences is the highest of them. So
// nothing in a lap is older than the lap before, except where a venue told of
// times long past, which is late then as it should be. The lengths of later
// laps add up likewise. When Run is called again it goes on with another lap.
//
// # Concurrency
//
// A Source starts no goroutines. Run must not run twice at once. Memory is
// bounded by the number of files (at most 256) and the longest line.
//
// The caller gets a Config from ParseOptions or fills one, calls New, which
// finds out at once about files that are not there, and gives the Source to a
// feed.Feed without a limit of silence: a recording has pauses, and after its
// end says nothing while its symbols stay live.
package replay
