package rabbitmqtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// process is a program that runs until it is told to end. The zero process does
// not run.
type process struct{ *os.Process }

// start starts a program that writes to the log of its directory.
func (p *process) start(cmd *exec.Cmd) error {
	log, err := os.OpenFile(filepath.Join(cmd.Dir, logName), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	// A file, unlike a pipe, needs no goroutine that copies.
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = attributes()
	err = cmd.Start()
	if err := errors.Join(err, log.Close()); err != nil {
		return fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	p.Process = cmd.Process
	return nil
}

func (p *process) signal(sig syscall.Signal) error {
	if err := p.Signal(sig); err != nil {
		return fmt.Errorf("signal process %d: %w", p.Pid, err)
	}
	return nil
}

// end sends a signal that ends the process, if it runs, and waits for it.
func (p *process) end(sig syscall.Signal) error {
	if p.Process == nil {
		return nil
	}
	if err := p.signal(sig); err != nil {
		return err
	}
	_, err := p.Wait()
	p.Process = nil
	if err != nil {
		return fmt.Errorf("wait for process: %w", err)
	}
	return nil
}

// ended reports a process that ended by itself, and reaps it.
func (p *process) ended() error {
	var status syscall.WaitStatus
	pid, err := syscall.Wait4(p.Pid, &status, syscall.WNOHANG, nil)
	if pid != p.Pid {
		return err
	}
	err = p.Release()
	p.Process = nil
	return errors.Join(fmt.Errorf("process %d ended with code %d", pid, status.ExitStatus()), err)
}
