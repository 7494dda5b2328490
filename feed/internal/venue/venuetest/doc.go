// Package venuetest checks the parser of a venue against a script of messages
// and what is to come of each, and against what must hold whatever comes in.
//
// A script is a text file. A line that begins with "=> " tells what comes of
// the message before it, a line that begins with "# " is for the reader, and
// every other line is a message:
//
//	{"type":"match","trade_id":7,"price":"2","size":"1","product_id":"AB-USD"}
//	=> AB-USD trade seq=7 last=2 lastSize=1
//	{"type":"heartbeat"}
//	=> skipped
//	{"type":"ticker","price":"NaN","product_id":"AB-USD"}
//	=> refused: bad value
//
// The same parser reads the whole script, in order, as one connection does.
package venuetest
