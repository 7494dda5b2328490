package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"
)

const (
	// startTimeout is how long a process may take until it serves or answers.
	startTimeout = time.Minute
	// stopTimeout is how long it may take to end before it is killed.
	stopTimeout = 15 * time.Second
	// maxLine is the longest line that is read from a process.
	maxLine = 16 << 20
	// keptLines of the end of its output are told when it fails.
	keptLines = 5
)

// process is a process that was started, with its output as lines. Its owner
// calls stop.
type process struct {
	name  string
	serve bool // a server ends by a signal, a crowd by the end of its input
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines chan []byte // of stdout and, for a server, stderr; closed at their end
	done  chan struct{}
	err   error // of the process, once done is closed

	mu   sync.Mutex
	tail []string
}

// start starts a process. The stderr of a server is read like its stdout; that
// of a crowd is kept for messages of failure.
func start(name string, c command, serve bool) (*process, error) {
	// The end of the context must not kill: a server is to be stopped in order.
	cmd := exec.Command(c.args[0], c.args[1:]...) //nolint:gosec,noctx // the caller's own programs, ended by stop
	cmd.Env = append(os.Environ(), c.env...)
	p := &process{name: name, serve: serve, cmd: cmd, lines: make(chan []byte, 64), done: make(chan struct{})}
	var err error
	if p.stdin, err = cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	out, writer, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	cmd.Stdout, cmd.Stderr = writer, (*tailWriter)(p)
	if serve {
		cmd.Stderr = writer
	}
	err = cmd.Start()
	closed := writer.Close()
	if err = errors.Join(err, closed); err != nil {
		return nil, errors.Join(fmt.Errorf("start %s: %w", name, err), out.Close())
	}
	go p.read(out)
	return p, nil
}

// read hands lines out until the process ends. Lines that nobody takes are let
// go of: a server may log for as long as it likes.
func (p *process) read(out io.ReadCloser) {
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		line := bytes.Clone(lines.Bytes())
		p.remember(string(line))
		select {
		case p.lines <- line:
		default:
		}
	}
	_, _ = io.Copy(io.Discard, out) // behind a line that is too long
	_ = out.Close()                 // it was only read
	close(p.lines)
	p.err = p.cmd.Wait()
	close(p.done)
}

// tailWriter keeps the last lines that are written to it.
type tailWriter process

// Write implements io.Writer.
func (t *tailWriter) Write(text []byte) (int, error) {
	for line := range strings.Lines(string(text)) {
		(*process)(t).remember(strings.TrimSpace(line))
	}
	return len(text), nil
}

func (p *process) remember(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.tail) == keptLines {
		p.tail = p.tail[1:]
	}
	p.tail = append(p.tail, line)
}

// fail adds to an error what the process said last.
func (p *process) fail(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return fmt.Errorf("%s: %w; it said last: %q", p.name, err, p.tail)
}

// next returns the next line.
func (p *process) next(ctx context.Context, timeout time.Duration) ([]byte, error) {
	late := time.NewTimer(timeout)
	defer late.Stop()
	select {
	case line, ok := <-p.lines:
		if !ok {
			return nil, p.fail(errors.New("it ended"))
		}
		return line, nil
	case <-late.C:
		return nil, p.fail(fmt.Errorf("no answer within %v", timeout))
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for %s: %w", p.name, context.Cause(ctx))
	}
}

// stop ends the process and waits for it.
func (p *process) stop() error {
	_ = p.stdin.Close() // fails if the process has ended, as below
	if p.serve {
		_ = p.cmd.Process.Signal(os.Interrupt)
	}
	late := time.AfterFunc(stopTimeout, func() { _ = p.cmd.Process.Kill() })
	defer late.Stop()
	go func() {
		for range p.lines {
		}
	}()
	<-p.done
	if p.err != nil {
		return p.fail(p.err)
	}
	return nil
}
