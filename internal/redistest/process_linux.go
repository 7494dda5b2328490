package redistest

import "syscall"

// attributes make the server end with this process, and keep the signals of a
// terminal from it.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setpgid: true}
}
