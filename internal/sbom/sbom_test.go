package main

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// built builds a program that has modules of others in it, from the root of the module.
func built(t *testing.T) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "ticker")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", name, "./internal/sbom/testdata/program").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return name
}

func TestEveryModuleOfAProgramIsListedWithItsChecksum(t *testing.T) {
	t.Chdir("../..")
	program := built(t)
	var texts [2]bytes.Buffer
	for i := range texts {
		if err := run(t.Context(), []string{program}, &texts[i]); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(texts[0].Bytes(), texts[1].Bytes()) {
		t.Error("the same program gives two documents")
	}
	var doc document
	if err := json.Unmarshal(texts[0].Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	if doc.Format != "CycloneDX" || doc.Spec != "1.5" || doc.Metadata.Component.Name != "ticker" {
		t.Errorf("the document is %s %s of %s", doc.Format, doc.Spec, doc.Metadata.Component.Name)
	}
	code, err := os.ReadFile(program)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(code)
	if diff := cmp.Diff([]hash{{"SHA-256", hex.EncodeToString(sum[:])}}, doc.Metadata.Component.Hashes); diff != "" {
		t.Errorf("hashes of the program (-want +got):\n%s", diff)
	}
	listed := make(map[string]component)
	for _, c := range doc.Components {
		if _, twice := listed[c.Ref]; twice || c.Ref != c.URL {
			t.Errorf("%s stands for two components, or is not %s", c.Ref, c.URL)
		}
		listed[c.Ref] = c
	}
	told, err := exec.CommandContext(t.Context(), "go", "version", "-m", program).Output()
	if err != nil {
		t.Fatal(err)
	}
	modules := regexp.MustCompile(`(?m)^\tdep\t(\S+)\t(\S+)\th1:(\S+)$`).FindAllStringSubmatch(string(told), -1)
	if len(modules) != 5 {
		t.Fatalf("not the modules of testdata:\n%s", told)
	}
	for _, m := range modules {
		c := listed["pkg:golang/"+m[1]+"@"+m[2]]
		raw, err := base64.StdEncoding.DecodeString(m[3])
		if err != nil || len(c.Hashes) != 1 || c.Hashes[0] != (hash{"SHA-256", hex.EncodeToString(raw)}) {
			t.Errorf("%s: listed is %+v", m[1], c)
		}
	}
	for ref, licence := range map[string]string{
		"pkg:golang/github.com/gorilla/websocket@v1.5.3": "BSD-2-Clause",
		"pkg:npm/lightweight-charts@5.2.1":               "Apache-2.0",
	} {
		if c := listed[ref]; len(c.Licences) != 1 || c.Licences[0].Licence.ID != licence {
			t.Errorf("%s: listed is %+v, want the licence %s", ref, c, licence)
		}
	}
}

func TestAModuleThatWasReplacedIsListedAsWhatReplacedIt(t *testing.T) {
	t.Parallel()
	doc, err := describe(&buildinfo.BuildInfo{
		GoVersion: "go1.26.8 X:synctest", Main: debug.Module{Path: "ticker", Version: "(devel)"},
		Deps: []*debug.Module{{
			Path: "example.com/Old", Version: "v1.0.0",
			Replace: &debug.Module{Path: "example.com/New", Version: "v2.0.0+incompatible", Sum: "h1:AAE="},
		}},
	}, fstest.MapFS{"example.com/!new@v2.0.0+incompatible/LICENSE": {Data: []byte("Mozilla Public License Version 2.0\n")}},
		fstest.MapFS{lockFile: {Data: []byte(`{}`)}})
	if err != nil {
		t.Fatal(err)
	}
	want := component{
		Type: "library", Ref: "pkg:golang/example.com/New@v2.0.0%2Bincompatible", URL: "pkg:golang/example.com/New@v2.0.0%2Bincompatible",
		Name: "example.com/New", Version: "v2.0.0+incompatible", Hashes: []hash{{"SHA-256", "0001"}},
	}.licensed("MPL-2.0")
	if diff := cmp.Diff(want, doc.Components[0]); diff != "" {
		t.Error(diff)
	}
	if c := doc.Components[1]; c.URL != "pkg:golang/stdlib@1.26.8" {
		t.Errorf("the standard library is %s", c.URL)
	}
	if c := doc.Metadata.Component; c.URL != "pkg:golang/ticker@devel" || c.Type != "application" {
		t.Errorf("the program is %+v", c)
	}
}

func TestALicenceIsNamedOnlyWhereItIsCertain(t *testing.T) {
	t.Parallel()
	const (
		mit    = "Copyright (c) 2020 Somebody\n\nThe above copyright notice and this permission notice shall be\nincluded in all copies or substantial portions of the Software."
		apache = "                 Apache License\n           Version 2.0, January 2004\n"
		bsd2   = "Redistribution and use in source and binary forms, with or without\nmodification, are permitted provided that …"
		bsd3   = bsd2 + "\nused to endorse or promote products derived from\nthis software without specific prior written permission."
		bsd4   = bsd3 + "\nAll advertising materials mentioning features or use of this software must …"
	)
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"MIT":                 {map[string]string{"LICENSE": mit}, "MIT"},
		"Apache":              {map[string]string{"LICENSE.txt": apache, "NOTICE": "of Somebody", "README": mit}, "Apache-2.0"},
		"BSD of two":          {map[string]string{"COPYING": bsd2}, "BSD-2-Clause"},
		"BSD of three":        {map[string]string{"licence.md": bsd3}, "BSD-3-Clause"},
		"BSD of four":         {map[string]string{"LICENSE": bsd4}, ""},
		"two in a file":       {map[string]string{"LICENSE": mit + apache}, ""},
		"two files":           {map[string]string{"LICENSE": mit, "LICENSE-3RD-PARTY": apache}, ""},
		"two files of a kind": {map[string]string{"LICENSE": mit, "LICENSE-ICONS": mit}, ""},
		"terms of their own":  {map[string]string{"LICENSE": "Do as you like."}, ""},
		"none":                {map[string]string{"README": mit}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cache := fstest.MapFS{}
			for file, text := range c.files {
				cache["example.com/m@v1.0.0/"+file] = &fstest.MapFile{Data: []byte(text)}
			}
			if got := licenceIn(cache, "example.com/m@v1.0.0"); got != c.want {
				t.Errorf("licence %q, want %q", got, c.want)
			}
		})
	}
	if got := licenceIn(fstest.MapFS{}, "example.com/m@v1.0.0"); got != "" {
		t.Errorf("a module that is not there is under %q", got)
	}
}

func TestPackagesOfNPMAreListedAndExcluded(t *testing.T) {
	t.Parallel()
	got, err := packageComponents(fstest.MapFS{lockFile: {Data: []byte(`{"packages":{
		"": {"version": "0.1.0"},
		"node_modules/@types/ws": {"version": "8.18.2", "integrity": "sha512-AAE=", "license": "MIT"},
		"node_modules/a/node_modules/b": {"version": "1.0.0", "integrity": "sha512-AP8="}}}`)}})
	if err != nil {
		t.Fatal(err)
	}
	want := []component{
		component{
			Type: "library", Ref: "pkg:npm/%40types/ws@8.18.2", URL: "pkg:npm/%40types/ws@8.18.2", Name: "@types/ws",
			Version: "8.18.2", Scope: "excluded", Hashes: []hash{{"SHA-512", "0001"}},
		}.licensed("MIT"),
		{
			Type: "library", Ref: "pkg:npm/b@1.0.0", URL: "pkg:npm/b@1.0.0", Name: "b",
			Version: "1.0.0", Scope: "excluded", Hashes: []hash{{"SHA-512", "00ff"}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestWhatCannotBeDescribedIsAnError(t *testing.T) {
	t.Parallel()
	lock := &fstest.MapFile{Data: []byte(`{}`)}
	program := &buildinfo.BuildInfo{}
	unsummed := &buildinfo.BuildInfo{Deps: []*debug.Module{{Path: "example.com/m", Version: "v1.0.0"}}}
	for name, c := range map[string]struct {
		info *buildinfo.BuildInfo
		tree fstest.MapFS
		want string
	}{
		"a module without checksum":  {unsummed, fstest.MapFS{lockFile: lock}, "no checksum"},
		"no lock file":               {program, fstest.MapFS{}, "read packages"},
		"a lock file that is none":   {program, fstest.MapFS{lockFile: {Data: []byte("x")}}, "read packages"},
		"a package without checksum": {program, fstest.MapFS{lockFile: {Data: []byte(`{"packages":{"node_modules/a":{}}}`)}}, "is no digest"},
		"a vendored file of nobody":  {program, fstest.MapFS{lockFile: lock, "web/assets/vendor/a/a.mjs": {}}, "README"},
		"a README that tells nothing": {
			program, fstest.MapFS{lockFile: lock, "web/assets/vendor/a/a.mjs": {}, "web/assets/vendor/a/README.md": {}}, "tells no package",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := describe(c.info, fstest.MapFS{}, c.tree); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want %q in it", err, c.want)
			}
		})
	}
	for _, args := range [][]string{nil, {"a", "b"}, {"doc.go"}, {"no such file"}} {
		if err := run(t.Context(), args, &bytes.Buffer{}); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}
