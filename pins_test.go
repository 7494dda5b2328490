package ticker_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// heldCommits are the direct requirements that are no release, and why.
func heldCommits() map[string]string {
	return map[string]string{
		"github.com/twmb/franz-go/pkg/kfake": "has no release",
	}
}

func TestWhatTheBuildTakesFromElsewhereIsHeldToOneVersion(t *testing.T) {
	t.Parallel()
	expectNone(t, looseEnds(t, os.DirFS(".")))
}

func TestPinCheckFindsWhatIsNotHeld(t *testing.T) {
	t.Parallel()
	const (
		commit = "11bd71901bbe5b1630ceea73d27597364c9af683"
		digest = "@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
		image  = "deploy/Dockerfile"
		whole  = "deploy/compose.yaml"
	)
	good := map[string]string{
		"go.mod":                   "module m\n\ngo 1.26.0\n\nrequire (\n\texample.com/a v1.2.3\n\texample.com/b v0.0.0-20260918054303-01f206a7e32c // indirect\n)\n",
		"Makefile":                 "LINT_VERSION := v2.15.0\nTOOLCHAIN := go1.26.8\n",
		"js/package-lock.json":     `{"packages":{"":{},"node_modules/a":{"integrity":"sha512-AAE="}}}`,
		image:                      "FROM --platform=$BUILDPLATFORM golang:1.26.8-bookworm" + digest + " AS build\nFROM scratch\nCOPY --from=build /a /a\n",
		whole:                      "services:\n  edge:\n    image: ticker\n  nats:\n    image: nats:2.15.0" + digest + "\n",
		".github/workflows/ci.yml": "steps:\n  - uses: actions/checkout@" + commit + " # v4.2.2\n  - uses: ./here\n",
	}
	for name, c := range map[string]struct{ file, old, new, want string }{
		"nothing":              {"go.mod", "", "", ""},
		"a replaced module":    {"go.mod", "require (", "replace example.com/a => ../a\n\nrequire (", "go.mod: replaces example.com/a"},
		"replaced modules":     {"go.mod", "require (", "replace (\n\texample.com/a => ../a\n)\n\nrequire (", "go.mod: replaces ("},
		"a commit":             {"go.mod", "a v1.2.3", "a v0.0.0-20260918054303-01f206a7e32c", "go.mod: example.com/a is held to a commit, and nobody said why"},
		"a commit after a tag": {"go.mod", "a v1.2.3", "a v1.2.4-0.20260918054303-01f206a7e32c", "go.mod: example.com/a is held to a commit, and nobody said why"},
		"a tool of any patch":  {"Makefile", "v2.15.0", "v2.15", `Makefile: LINT_VERSION is "v2.15", no exact version`},
		"the newest tool":      {"Makefile", "v2.15.0", "latest", `Makefile: LINT_VERSION is "latest", no exact version`},
		"any compiler":         {"Makefile", "go1.26.8", "go1.26", `Makefile: TOOLCHAIN is "go1.26", no exact version`},
		"another compiler":     {"Makefile", "go1.26.8", "go1.25.8", `Makefile: TOOLCHAIN is "go1.25.8", and go.mod wants 1.26.0`},
		"no compiler":          {"Makefile", "TOOLCHAIN := go1.26.8\n", "", "Makefile: no TOOLCHAIN"},
		"an unsealed package":  {"js/package-lock.json", `"integrity":"sha512-AAE="`, "", "js/package-lock.json: node_modules/a has no integrity"},
		"a weakly sealed one":  {"js/package-lock.json", "sha512", "sha1", "js/package-lock.json: node_modules/a has no integrity"},
		"no packages":          {"js/package-lock.json", `"packages"`, `"nothing"`, "js/package-lock.json: no packages"},
		"the same Go in CI":    {".github/workflows/ci.yml", "./here", "./here\n    with:\n      go-version: 1.26.8", ""},
		"another Go in CI":     {".github/workflows/ci.yml", "./here", "./here\n    with:\n      go-version: stable", ".github/workflows/ci.yml: Go is stable, and not TOOLCHAIN of the Makefile"},
		"an action of a tag":   {".github/workflows/ci.yml", commit, "v4", ".github/workflows/ci.yml: actions/checkout@v4 is held to no commit"},
		"the newest image":     {whole, "2.15.0" + digest, "latest", whole + ": nats:latest is held to no version and digest"},
		"an image of any tag":  {whole, "nats:2.15.0" + digest, "nats", whole + ": nats is held to no version and digest"},
		"one of any patch":     {whole, "2.15.0", "2.15", whole + ": nats:2.15" + digest + " is held to no version and digest"},
		"one without a digest": {whole, digest, "", whole + ": nats:2.15.0 is held to no version and digest"},
		"one of a short one":   {whole, digest, digest[:20], whole + ": nats:2.15.0" + digest[:20] + " is held to no version and digest"},
		"one that is told":     {whole, "nats:2.15.0" + digest, "${NATS}", whole + ": ${NATS} is held to no version and digest"},
		"one to build upon":    {image, digest, "", image + ": golang:1.26.8-bookworm is held to no version and digest"},
		"a file of an image":   {image, "--from=build", "--from=busybox:1.36", image + ": busybox:1.36 is held to no version and digest"},
		"a language of images": {image, "FROM", "# syntax=docker/dockerfile:1\nFROM", image + ": docker/dockerfile:1 is held to no version and digest"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			files := fstest.MapFS{}
			for file, text := range good {
				if file == c.file {
					text = strings.Replace(text, c.old, c.new, 1)
				}
				files[file] = &fstest.MapFile{Data: []byte(text)}
			}
			if diff := cmp.Diff(c.want, strings.Join(looseEnds(t, files), "\n")); diff != "" {
				t.Errorf("complaints (-want +got):\n%s", diff)
			}
		})
	}
}

func TestVulnerabilitiesFailAndADatabaseThatIsAwayIsSaid(t *testing.T) {
	t.Parallel()
	const away = `govulncheck: fetching vulnerabilities: Get "https://vuln.go.dev/index/modules.json.gz": no such host`
	for name, c := range map[string]struct {
		tool    string // what stands for govulncheck
		require string
		code    int
		says    string
	}{
		"nothing found":             {"echo No vulnerabilities found.", "", 0, "No vulnerabilities found."},
		"something found":           {"echo Vulnerability 1; exit 3", "", 3, "Vulnerability 1"},
		"found, and away":           {"echo '" + away + "' >&2; exit 3", "", 3, ""},
		"the program does not load": {"echo 'govulncheck: loading packages:' >&2; exit 1", "", 1, "loading packages"},
		"the database is away":      {"echo '" + away + "' >&2; exit 1", "", 0, "NOT CHECKED"},
		"away, where it is needed":  {"echo '" + away + "' >&2; exit 1", "require", 1, "NOT CHECKED"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tool := filepath.Join(t.TempDir(), "govulncheck")
			if err := os.WriteFile(tool, []byte("#!/bin/sh\n"+c.tool+"\n"), 0o700); err != nil { //nolint:gosec // it is run
				t.Fatal(err)
			}
			// sh opens the file itself: a file that was just written may not be executed yet.
			cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "scripts/vuln.sh", "sh", tool)
			cmd.Env = append(os.Environ(), "TICKER_VULN="+c.require)
			out, _ := cmd.CombinedOutput() // its error is the exit code
			if code := cmd.ProcessState.ExitCode(); code != c.code || !strings.Contains(string(out), c.says) {
				t.Errorf("exit %d, want %d and %q in\n%s", code, c.code, c.says, out)
			}
		})
	}
}

// looseEnds lists what could be another thing the next time that the module is built,
// tested or checked. The sums of modules are in go.sum, those of vendored files beside
// them, where a test of web looks.
func looseEnds(t *testing.T, files fs.FS) []string {
	t.Helper()
	goMod := textOf(t, files, "go.mod")
	found := looseModules(goMod)
	makefile := textOf(t, files, "Makefile")
	found = append(found, looseTools(makefile, goMod)...)
	found = append(found, loosePackages(t, textOf(t, files, "js/package-lock.json"))...)
	found = append(found, looseImages(t, files)...)
	return append(found, looseActions(t, files, makefile)...)
}

func looseModules(goMod string) (found []string) {
	for _, match := range regexp.MustCompile(`(?m)^replace (\S+)`).FindAllStringSubmatch(goMod, -1) {
		found = append(found, "go.mod: replaces "+match[1])
	}
	commit := regexp.MustCompile(`-(0\.)?\d{14}-[0-9a-f]{12}$`)
	for module, version := range directRequirements(goMod) {
		if commit.MatchString(version) && heldCommits()[module] == "" {
			found = append(found, "go.mod: "+module+" is held to a commit, and nobody said why")
		}
	}
	return found
}

func looseTools(makefile, goMod string) (found []string) {
	exact := regexp.MustCompile(`^(v|go)\d+\.\d+\.\d+$`)
	toolchain := ""
	for _, match := range regexp.MustCompile(`(?m)^(\w+_VERSION|TOOLCHAIN)\s*:?\??=\s*(\S*)$`).FindAllStringSubmatch(makefile, -1) {
		if !exact.MatchString(match[2]) {
			found = append(found, fmt.Sprintf("Makefile: %s is %q, no exact version", match[1], match[2]))
		}
		if match[1] == "TOOLCHAIN" {
			toolchain = match[2]
		}
	}
	wanted := regexp.MustCompile(`(?m)^go ((\d+\.\d+)\.\d+)$`).FindStringSubmatch(goMod)
	switch {
	case toolchain == "":
		found = append(found, "Makefile: no TOOLCHAIN")
	case wanted == nil:
		found = append(found, "go.mod: no exact version of Go")
	case !strings.HasPrefix(toolchain+".", "go"+wanted[2]+"."):
		found = append(found, fmt.Sprintf("Makefile: TOOLCHAIN is %q, and go.mod wants %s", toolchain, wanted[1]))
	}
	return found
}

func loosePackages(t *testing.T, lockFile string) (found []string) {
	t.Helper()
	var lock struct {
		Packages map[string]struct{ Integrity string }
	}
	if err := json.Unmarshal([]byte(lockFile), &lock); err != nil {
		t.Fatal(err)
	}
	if len(lock.Packages) < 2 {
		return []string{"js/package-lock.json: no packages"}
	}
	for name, p := range lock.Packages {
		if name != "" && !strings.HasPrefix(p.Integrity, "sha512-") {
			found = append(found, "js/package-lock.json: "+name+" has no integrity")
		}
	}
	return found
}

func looseActions(t *testing.T, files fs.FS, makefile string) (found []string) {
	t.Helper()
	workflows, err := fs.Glob(files, ".github/workflows/*.yml")
	if err != nil {
		t.Fatal(err)
	}
	commit := regexp.MustCompile(`@[0-9a-f]{40}$`)
	for _, name := range workflows {
		for _, match := range regexp.MustCompile(`uses: (\S+)`).FindAllStringSubmatch(textOf(t, files, name), -1) {
			if !strings.HasPrefix(match[1], "./") && !commit.MatchString(match[1]) {
				found = append(found, name+": "+match[1]+" is held to no commit")
			}
		}
		for _, match := range regexp.MustCompile(`go-version(?:-file)?: (\S+)`).FindAllStringSubmatch(textOf(t, files, name), -1) {
			if !strings.Contains(makefile, "TOOLCHAIN := go"+match[1]+"\n") {
				found = append(found, name+": Go is "+match[1]+", and not TOOLCHAIN of the Makefile")
			}
		}
	}
	return found
}

// looseImages lists the images that could be others at the next pull. Our own is built,
// out of nothing, and its stages have names.
func looseImages(t *testing.T, files fs.FS) (found []string) {
	t.Helper()
	names, err := fs.Glob(files, "deploy/compose*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var (
		used  = regexp.MustCompile(`(?mi)(?:^FROM(?: --\S+)*|\bimage:|\bfrom=|^# *syntax=)\s*([^\s,]+)`)
		stage = regexp.MustCompile(`(?mi)^FROM .* AS (\S+)$`)
		held  = regexp.MustCompile(`^[\w./-]+:v?\d+\.\d+\.\d+(-[\w.]+)?@sha256:[0-9a-f]{64}$`)
	)
	for _, name := range append(names, "deploy/Dockerfile") {
		text := textOf(t, files, name)
		ours := map[string]bool{"scratch": true, module: true}
		for _, match := range stage.FindAllStringSubmatch(text, -1) {
			ours[match[1]] = true
		}
		for _, match := range used.FindAllStringSubmatch(text, -1) {
			if !ours[match[1]] && !held.MatchString(match[1]) {
				found = append(found, name+": "+match[1]+" is held to no version and digest")
			}
		}
	}
	return found
}
