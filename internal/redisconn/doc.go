// Package redisconn makes connections to Redis, for those who read from it and those
// who write to it.
//
//	Access ──Options──► redis.Options ──Dial──► Conn ──► a client with one connection
//
// The library keeps a pool: it would make another connection when one is lost, and
// try commands again, and nobody would know what was lost between the two. Here a
// connection that is lost stays lost, nothing is tried twice, and who uses it makes
// another when it is time. Certificates are always verified.
//
// Nothing here starts a goroutine. Conn.Cut may be called from any, also while the
// connection is used.
package redisconn
