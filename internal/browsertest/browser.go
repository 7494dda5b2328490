package browsertest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience bounds every wait for the browser. It is long because a browser on
// a loaded machine can take seconds to start, and only failures wait it out.
const patience = 30 * time.Second

// Browser is a running headless Chromium.
type Browser struct {
	conn *conn
}

// Start launches Chromium and stops it when the test ends. The test fails if
// Chromium is not installed or does not come up.
func Start(tb testing.TB) *Browser {
	tb.Helper()
	program, err := find("chromium")
	if err != nil {
		tb.Fatal(err)
	}
	p, err := launch(program, tb.TempDir())
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { p.stop(tb) })

	ctx, cancel := context.WithTimeout(tb.Context(), patience)
	defer cancel()
	if err := p.conn.call(ctx, command{Method: "Browser.getVersion"}, nil); err != nil {
		tb.Fatalf("start chromium: %v\n%s", err, p.log())
	}
	return &Browser{conn: p.conn}
}

// find locates the browser by its name.
func find(name string) (string, error) {
	path, err := exec.LookPath(name)
	if err != nil {
		return "", fmt.Errorf("browser tests need Chromium; install the Debian package chromium: %w", err)
	}
	return path, nil
}

// process is one Chromium with its pipes, and the goroutine that reads them.
type process struct {
	conn    *conn
	cmd     *exec.Cmd
	pipes   [2]*os.File // our ends: commands go into the first, answers come out of the second
	logPath string
	reading sync.WaitGroup
}

// launch starts Chromium with a profile of its own in dir.
func launch(program, dir string) (*process, error) {
	commandsIn, commands, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("open command pipe: %w", err)
	}
	answers, answersOut, err := os.Pipe()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open answer pipe: %w", err), commandsIn.Close(), commands.Close())
	}
	p := &process{conn: newConn(commands), pipes: [2]*os.File{commands, answers}, logPath: filepath.Join(dir, "stderr.log")}
	err = p.run(program, dir, []*os.File{commandsIn, answersOut})
	// Chromium has its own copies now: ours would keep the pipes from ending with it.
	err = errors.Join(err, commandsIn.Close(), answersOut.Close())
	if err != nil {
		return nil, errors.Join(err, commands.Close(), answers.Close())
	}
	p.reading.Go(func() { p.conn.read(answers) })
	return p, nil
}

func (p *process) run(program, dir string, pipes []*os.File) error {
	// A file needs no copying goroutine, and outlives helpers that hold on to it.
	stderr, err := os.Create(p.logPath)
	if err != nil {
		return fmt.Errorf("create browser log: %w", err)
	}
	//nolint:noctx // The browser outlives the context of the test: it is closed in the clean-up.
	p.cmd = exec.Command(
		program, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--no-first-run", "--remote-debugging-pipe", "--user-data-dir="+filepath.Join(dir, "profile"),
	)
	p.cmd.Stderr = stderr
	p.cmd.ExtraFiles = pipes // descriptors 3 and 4, where Chromium expects them
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := p.cmd.Start(); err != nil {
		return errors.Join(fmt.Errorf("start browser: %w", err), stderr.Close())
	}
	return stderr.Close()
}

// stop closes the browser, with force if it does not go by itself, and waits.
func (p *process) stop(tb testing.TB) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := p.conn.call(ctx, command{Method: "Browser.close"}, nil)
	if err == nil {
		err = p.cmd.Wait()
	}
	// The helper processes share the group and may still write into the
	// profile, which is about to be removed.
	killed := syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
	if err != nil {
		tb.Errorf("close browser: %v", errors.Join(err, killed, p.cmd.Wait()))
	}
	p.reading.Wait()
	if err := errors.Join(p.pipes[0].Close(), p.pipes[1].Close()); err != nil {
		tb.Errorf("close browser pipes: %v", err)
	}
}

// log returns what Chromium wrote to its standard error.
func (p *process) log() string {
	text, err := os.ReadFile(p.logPath)
	if err != nil {
		return err.Error()
	}
	return string(text)
}
