// Package pace plays what was recorded at the times it is due: once as fast as it
// was recorded, so many times faster or slower, or not paced at all. It is what
// the feeds of the past share.
//
// Nothing here starts a goroutine; a Pace belongs to the one that plays.
package pace
