package ticker_test

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sourceOfARelease is the least that scripts/release.sh makes a release of: a program
// that says its version, and no packages of npm.
func sourceOfARelease() map[string]string {
	return map[string]string{
		"go.mod":               "module ticker\n\ngo 1.26.0\n",
		"cmd/ticker/main.go":   "package main\n\nvar version string\n\nfunc main() { print(version) }\n",
		"js/package-lock.json": "{}\n",
	}
}

func TestEveryProgramOfAReleaseHasItsBillAndAllHaveChecksums(t *testing.T) {
	t.Parallel()
	dir := committed(t, sourceOfARelease(), "scripts/release.sh", "internal/sbom")
	compiler, _, _ := strings.Cut(runtime.Version(), " ")
	environ := []string{"TOOLCHAIN=" + compiler, "VERSION=v1.2.3", "ARCHES=", "GOOS=plan9", "GOFLAGS=-n"}
	if out, code := ran(t, dir, environ, "scripts/release.sh"); code != 0 {
		t.Fatalf("exit %d:\n%s", code, out)
	}
	release := os.DirFS(filepath.Join(dir, "bin/release"))
	sums := ""
	for _, program := range []string{"ticker-linux-amd64", "ticker-linux-arm64"} {
		bill := program + ".cdx.json"
		sum := sha256.Sum256([]byte(textOf(t, release, program)))
		sums += fmt.Sprintf("%x  %s\n%x  %s\n", sum, program, sha256.Sum256([]byte(textOf(t, release, bill))), bill)
		var told struct {
			Metadata struct {
				Component struct{ Hashes []struct{ Content string } }
			}
		}
		if err := json.Unmarshal([]byte(textOf(t, release, bill)), &told); err != nil {
			t.Fatal(err)
		}
		if hashes := told.Metadata.Component.Hashes; len(hashes) != 1 || hashes[0].Content != fmt.Sprintf("%x", sum) {
			t.Errorf("%s is of %v, and the program has %x", bill, hashes, sum)
		}
	}
	if diff := cmp.Diff(sums, textOf(t, release, "SHA256SUMS")); diff != "" {
		t.Errorf("SHA256SUMS (-want +got):\n%s", diff)
	}
	if out, code := ran(t, dir, nil, "bin/release/ticker-linux-"+runtime.GOARCH); code != 0 || out != "v1.2.3" {
		t.Errorf("exit %d, and the version is %q", code, out)
	}
}

func TestAReleaseIsReproducedOnlyIfEveryFileIsTheSame(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		makes string // beside a file of checksums that never changes
		code  int
		says  string
	}{
		"the same":          {"echo program >bin/release/ticker-linux-amd64", 0, "are the same"},
		"another program":   {"pwd >bin/release/ticker-linux-amd64", 1, "two builds of one commit differ"},
		"another bill":      {"pwd >bin/release/ticker-linux-amd64.cdx.json", 1, "two builds of one commit differ"},
		"another file":      {`touch bin/release/"$$(basename "$$(pwd)")"`, 1, "two builds of one commit differ"},
		"no release at all": {"false", 2, "Error"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := committed(t, map[string]string{
				"Makefile": "release:\n\t@mkdir -p bin/release\n\t@echo sums >bin/release/SHA256SUMS\n\t@" + c.makes + "\n",
			}, "scripts/reproduce.sh")
			if out, code := ran(t, dir, nil, "scripts/reproduce.sh"); code != c.code || !strings.Contains(out, c.says) {
				t.Errorf("exit %d, want %d and %q in\n%s", code, c.code, c.says, out)
			}
		})
	}
}

// committed makes a repository with one commit: of texts by their names, and of files
// and directories of this one. It returns its directory.
func committed(t *testing.T, texts map[string]string, copied ...string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range texts {
		write(t, filepath.Join(dir, name), text)
	}
	for _, name := range copied {
		if out, err := exec.CommandContext(t.Context(), "cp", "-R", "--parents", name, dir).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
	}
	for _, args := range [][]string{{"init", "--quiet"}, {"add", "."}, {"commit", "--quiet", "--message=all"}} {
		if out, code := ran(t, dir, nil, "git", args...); code != 0 {
			t.Fatalf("git %q: exit %d\n%s", args, code, out)
		}
	}
	return dir
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o750); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// ran runs a program in a directory, and returns what it says and its exit code. What
// git is told elsewhere has no part in it.
func ran(t *testing.T, dir string, environ []string, program string, args ...string) (string, int) {
	t.Helper()
	if strings.Contains(program, "/") {
		program = filepath.Join(dir, program)
	}
	cmd := exec.CommandContext(t.Context(), program, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), append([]string{
		"GIT_CONFIG_GLOBAL=/dev/null", "GIT_CONFIG_NOSYSTEM=1",
		"GIT_AUTHOR_NAME=a", "GIT_AUTHOR_EMAIL=a@example.com", "GIT_COMMITTER_NAME=a", "GIT_COMMITTER_EMAIL=a@example.com",
	}, environ...)...)
	out, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return string(out), cmd.ProcessState.ExitCode()
}
