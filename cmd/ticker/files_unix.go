//go:build unix

package main

import "golang.org/x/sys/unix"

// openFilesLimit returns how many files the process may have open.
func openFilesLimit() (int, bool) {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return 0, false
	}
	return int(min(limit.Cur, 1<<30)), true
}
