package main

import (
	"net/url"
	"strings"
)

// masked stands where a secret would.
const masked = "xxxxx"

// secretive reports whether an option or a parameter of this name may be a secret.
func secretive(name string) bool {
	name = strings.NewReplacer("_", "", "-", "").Replace(strings.ToLower(name))
	for _, word := range []string{"password", "passwd", "secret", "token", "apikey", "credential", "signature"} {
		if strings.Contains(name, word) {
			return true
		}
	}
	return false
}

// withoutPassword returns a URL without its password, and without parameters that may be
// secrets; one that cannot be read is not shown at all, for a password may be anywhere
// in it.
func withoutPassword(address string) string {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" && strings.Contains(address, "://") && strings.Contains(address, "@") {
		return masked
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return masked
	}
	given := query.Encode()
	for name := range query {
		if secretive(name) {
			query.Set(name, masked)
		}
	}
	if shown := query.Encode(); shown != given {
		u.RawQuery = shown
	}
	if u.User == nil && u.RawQuery == "" {
		return address
	}
	return u.Redacted()
}

// withoutPasswords does that for URLs with commas between them, and for one with
// parameters. What is no URL beside an @ may be a part of a password.
func withoutPasswords(list string) string {
	if strings.Contains(list, "?") {
		return withoutPassword(list)
	}
	urls := strings.Split(list, ",")
	for i, address := range urls {
		if strings.Contains(list, "@") && !strings.Contains(address, "://") {
			return masked
		}
		urls[i] = withoutPassword(address)
	}
	return strings.Join(urls, ",")
}

// withoutUser returns what stands behind the colon of a SPEC without a user and a
// password, which it should not have: some write a URL for a SPEC.
func withoutUser(path string) string {
	before, rest, isURL := strings.Cut(":"+path, "://")
	if !isURL {
		return path
	}
	host, tail, slash := strings.Cut(rest, "/")
	if at := strings.LastIndexByte(host, '@'); at >= 0 {
		host = masked + host[at:]
	}
	if slash {
		host += "/"
	}
	return (before + "://" + host + tail)[1:]
}
