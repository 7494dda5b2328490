package servertest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"time"
)

// patience bounds every wait for a server. Only failures wait it out.
const patience = 90 * time.Second

// Program says what a Process runs.
type Program struct {
	// Path and Args are the command line.
	Path string
	Args []string
	// Env is its environment, nil that of the test.
	Env []string
	// Dir is where it runs and has its log. It goes with the process.
	Dir string
	// Files are written to Dir before it starts, by name.
	Files map[string]string
	// Port is that of its clients, on the loopback address.
	Port int
	// Answers returns nil if it does its work for those who connect to an address.
	Answers func(ctx context.Context, addr string) error
	// Account is who it runs as, nil who runs the test.
	Account *syscall.Credential
	// Stop ends it in good order: SIGTERM if zero.
	Stop syscall.Signal
	// Orphan is what it gets on Linux when the test ends before it: SIGKILL if zero.
	Orphan syscall.Signal
}

// Process is a program that runs until it is told to end.
type Process struct {
	program Program
	process *os.Process // nil if it does not run
}

// Launch starts a program, and returns when it answers. If it does not, its
// directory goes.
func Launch(program Program) (*Process, error) {
	program.Stop = cmp.Or(program.Stop, syscall.SIGTERM)
	program.Orphan = cmp.Or(program.Orphan, syscall.SIGKILL)
	p := &Process{program: program}
	for name, text := range program.Files {
		if err := os.WriteFile(filepath.Join(program.Dir, name), []byte(text), 0o600); err != nil {
			return nil, errors.Join(fmt.Errorf("write configuration: %w", err), p.Close())
		}
	}
	if err := p.up(); err != nil {
		return nil, errors.Join(err, p.Close())
	}
	return p, nil
}

// Addr returns the server's host and port, which stay the same.
func (p *Process) Addr() string { return Addr(p.program.Port) }

// Log returns what the program has said so far.
func (p *Process) Log() string {
	text, err := os.ReadFile(p.logPath())
	if err != nil {
		return err.Error()
	}
	return string(text)
}

func (p *Process) logPath() string { return filepath.Join(p.program.Dir, "log") }

// Close stops the program, if it runs, and removes its directory.
func (p *Process) Close() error {
	err := p.stop()
	if err != nil {
		err = errors.Join(err, p.kill())
	}
	return errors.Join(err, os.RemoveAll(p.program.Dir))
}

// up starts the program on what is in its directory, and returns when it answers.
func (p *Process) up() error {
	log, err := os.OpenFile(p.logPath(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	//nolint:noctx // The server outlives the context of the test: it is ended in the clean-up.
	cmd := exec.Command(p.program.Path, p.program.Args...)
	cmd.Dir, cmd.Env, cmd.SysProcAttr = p.program.Dir, p.program.Env, attributes(p.program)
	// A file, unlike a pipe, needs no goroutine that copies.
	cmd.Stdout, cmd.Stderr = log, log
	err = cmd.Start()
	if err := errors.Join(err, log.Close()); err != nil {
		return fmt.Errorf("start %s: %w", p.program.Path, err)
	}
	p.process = cmd.Process
	if err := p.await(); err != nil {
		return errors.Join(fmt.Errorf("wait for %s: %w\n%s", p.program.Path, err, p.Log()), p.kill())
	}
	return nil
}

// await waits until the program answers, or has ended instead.
func (p *Process) await() error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var ended error
	err := poll(func() error {
		err := p.program.Answers(ctx, p.Addr())
		if alive(p.process.Pid) {
			return err
		}
		// Then somebody else has answered, if anybody.
		ended = p.ended()
		return nil
	})
	return errors.Join(err, ended)
}

// ended reaps a program that ended by itself, and says how it did.
func (p *Process) ended() error {
	state, err := p.process.Wait()
	p.process = nil
	return errors.Join(fmt.Errorf("it ended: %v", state), err)
}

// stop ends the program as an operator would.
func (p *Process) stop() error {
	if p.process == nil {
		return nil
	}
	// Who stands still gets other signals when it goes on.
	if err := errors.Join(p.resume(), send(p.process.Pid, p.program.Stop)); err != nil {
		return err
	}
	return p.reap(nil)
}

// kill ends the program and its children at once.
func (p *Process) kill() error {
	if p.process == nil {
		return nil
	}
	// While it stands still it makes no new children in place of those that are gone.
	children, err := p.pause()
	for _, pid := range append(children, p.process.Pid) {
		err = errors.Join(err, send(pid, syscall.SIGKILL))
	}
	return errors.Join(err, p.reap(children))
}

// reap waits until the program and these children have ended: it does not start
// again on data that one of them may still write to.
func (p *Process) reap(children []int) error {
	for _, pid := range append(children, p.process.Pid) {
		if err := awaitEnd(pid); err != nil {
			return err
		}
	}
	_, err := p.process.Wait()
	p.process = nil
	return err
}

// pause makes the program stand still, then its children, and returns these.
func (p *Process) pause() ([]int, error) {
	if err := halt(p.process.Pid); err != nil {
		return nil, err
	}
	children, err := childrenOf(p.process.Pid)
	for _, pid := range children {
		err = errors.Join(err, halt(pid))
	}
	return children, err
}

func (p *Process) resume() error {
	children, err := childrenOf(p.process.Pid)
	for _, pid := range append(children, p.process.Pid) {
		err = errors.Join(err, send(pid, syscall.SIGCONT))
	}
	return err
}
