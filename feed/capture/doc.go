// Package capture writes the raw messages of a feed to files that feed/replay
// plays.
//
//	Source ──Message──► buffer ──Run──► gzip ──► FEED-20060102T150405.000Z.log.gz
//
// A Recorder is a feed.Tap. Message stamps a message with its receive time,
// copies it and returns: it waits for no disk. What does not fit the buffer is
// lost, counted, and logged once in a while. Run owns the files.
//
// # Lines
//
// A message becomes a line, "UNIX-SECONDS.MICROS: MESSAGE". Line breaks in it
// become blanks: JSON has them between values only, where they mean nothing.
// Times never go back, so that the files in the order of their names hold the
// messages in the order in which they came. Whoever has several connections
// needs a Recorder for each if the parser of the venue remembers what it read.
//
// A message that is no UTF-8 text, such as MessagePack, or holds nothing but
// white space cannot be a line. It is refused and counted: a source of such
// messages hands over JSON instead.
//
// # Files
//
// A file that is being written has its final name. What is in the buffer is
// compressed, flushed and given to the operating system every second, or
// sooner when there is much of it, so that a process that is killed loses no more
// than that; it is not synced, so a machine that loses power may lose more. A
// file that breaks off is played up to there. A new file begins by size and by
// age, and never over one that exists. Before a file begins, the oldest of the
// feed are removed so that all together have room in Config.MaxBytes.
//
// # When the disk is full
//
// A file that cannot be written is cut to what is known to be whole and left
// behind, and every few seconds a new one is tried, with the same messages: the
// buffer keeps them as far as it goes. One log line says so, and one that it goes
// on. The feed does not notice.
//
// # Concurrency
//
// Message may be called from any goroutine, also before Run and after it: what
// comes after Run has ended is lost, and counted as that. Run is called once;
// it starts no goroutine. When it returns, all that was handed in before is
// in the files or counted. Memory is Config.BufferBytes and as much again.
package capture
