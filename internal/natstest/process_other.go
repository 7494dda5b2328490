//go:build unix && !linux

package natstest

import "syscall"

// attributes keep the signals of a terminal from the server.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }

// standsStill trusts that a signal is handled when it is sent.
func standsStill(int) error { return nil }
