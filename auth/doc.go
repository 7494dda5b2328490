// Package auth judges credentials: who a client is, and what it may do.
//
//	                    ┌─ API keys, by their hash ◄── SetKeys
//	credential ──► Authority ──► Grant, or a Refusal
//	                    ├─ tokens (JWT) ◄── keys: secret, file, key server
//	                    └─ revocations  ◄── file
//
// A Grant says what one credential allows: which symbols may be read and which
// published, how often, how late, how many. It never changes, and is good until it
// expires or is revoked. Everything else, where a credential comes in, what a session
// is told and when it ends, is the caller's.
//
// # API keys
//
// A key is any text; NewKey makes good ones. Only its SHA-256 is configured. A fast
// hash is enough because a key is no password: behind 256 random bits there is
// nothing to guess. A credential is held against the hash of every key, in constant
// time, before it is looked at as a token, so a key may have any form.
//
// SetKeys replaces all keys at once. Of a key that is not among the new ones the grants end;
// one with other rights has another grant, and Current leads from the old one to it.
//
// # Tokens
//
// One algorithm is configured, and the header of a token has no say in it: HS256 has a
// secret and nothing else, the others have public keys of their own type. So there is
// no way to "none", and none for a public key to pass as a secret. Nothing is parsed
// of a credential that is too long or has not the form of a token, and no claim is
// read before the signature was verified. A kid picks a key and does nothing else, and
// must look like the name of one; headers that name keys, or what must be understood, are
// refused.
//
// The claims sub and exp must be there, and exp no further ahead than somebody may have
// meant. Clocks differ, so a leeway is for nbf, iat and exp alike: a grant lasts until its
// End, that much longer than its token says, so that a session which may begin may also go
// on. Numbers of seconds may have fractions. What a token may do:
//
//	symbols      list of names and patterns that may be read; absent: all
//	publish      list of those that may be published; absent: none
//	interval     the smallest that may be asked for, as "250ms"
//	delay        how late quotes are seen, likewise
//	sessions     most sessions at one time of this sub
//	max_symbols  most names and patterns of a session
//
// An empty list is nothing; null, like every value of another kind, is refused. A token
// that says nothing of symbols reads everything: who issues tokens lets people in, and
// says so where it lets them in to a part only. Publishing is for those who are named.
//
// # Keys that change
//
// Files are read again every few seconds, a key server every few minutes. What cannot
// be read or makes no sense changes nothing: what was read before is kept, one log line
// says why, and a counter rises. Keys from a server are kept for a day; after that no
// token is accepted until the server is back. A set of keys without one that could be
// used is a mistake of the server, not the withdrawal of all.
//
// A token with a kid that is not known has the server asked at once, though not more
// often than once in ten seconds, and once for all that wait for it. The package asks
// the server itself and leaves to jwkset only what a key looks like: the client of that
// library reads answers of any length, follows any redirect, takes secrets from the
// server, keeps keys for ever, retries at a fixed pace and has every unknown kid wait in
// line for a request of its own.
//
// # Refusals
//
// A Refusal has a Reason from a closed set, and at most the name of a claim. No error
// and no log line holds a credential or a part of one. KeysUnavailable is the one
// reason that may pass by itself.
//
// # Concurrency
//
// Everything is safe for concurrent use. Run does all reading, on one goroutine for
// each source, and waits for them. Authenticate computes on the caller's goroutine;
// it waits only for a key server, at most until its context ends and never longer than
// a request may take. A signature costs about a tenth of a millisecond, so verified tokens
// are not remembered: a memory would have to forget those whose key was withdrawn.
//
// # What the caller must do
//
// Run must be running. Bound how many call Authenticate at one time, end sessions at
// Grant.End, and ask Current about those that live.
package auth
