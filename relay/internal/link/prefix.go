package link

import "strings"

// ValidPrefix reports whether a text can begin the names that engines use: 1 to 32 of
// A-Z a-z 0-9 _ -. No engine gives any of them a meaning.
func ValidPrefix(prefix string) bool {
	const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-"
	return prefix != "" && len(prefix) <= 32 && strings.Trim(prefix, letters) == ""
}
