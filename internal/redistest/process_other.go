//go:build unix && !linux

package redistest

import "syscall"

// attributes keep the signals of a terminal from the server.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
