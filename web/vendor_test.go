package web

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const (
	vendored = "assets/vendor/lightweight-charts/"
	library  = vendored + "lightweight-charts.standalone.production.mjs"
)

func contentOf(t *testing.T, name string) string {
	t.Helper()
	text, err := files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestVendoredFilesAreThoseThatWereTaken(t *testing.T) {
	t.Parallel()
	got, want := map[string]string{}, map[string]string{}
	for _, match := range regexp.MustCompile(`(?m)^([0-9a-f]{64})  (\S+)$`).FindAllStringSubmatch(contentOf(t, vendored+"README.md"), -1) {
		want[match[2]] = match[1]
	}
	for _, name := range assetNames(t) {
		file, ok := strings.CutPrefix(name, vendored)
		if ok && file != "README.md" {
			sum := sha256.Sum256([]byte(contentOf(t, name)))
			got[file] = hex.EncodeToString(sum[:])
		}
	}
	if diff := cmp.Diff(want, got); diff != "" || len(want) != 3 {
		t.Errorf("checksums (-README +files):\n%s", diff)
	}
	if version := regexp.MustCompile(`\| version \| (\S+) \|`).FindStringSubmatch(contentOf(t, vendored+"README.md")); version == nil ||
		!strings.Contains(contentOf(t, library), "TradingView Lightweight Charts™ v"+version[1]+"\n") {
		t.Errorf("README names the version %q, which the module is not", version)
	}
}

func TestLicencesOfOthersAreServedAndLinked(t *testing.T) {
	t.Parallel()
	page := contentOf(t, "assets/index.html")
	for file, text := range map[string]string{
		"LICENSE": "Apache License", "NOTICE": "Copyright (c) 2026 TradingView, Inc. https://www.tradingview.com/",
	} {
		r := ask(t, http.MethodGet, "/vendor/lightweight-charts/"+file, "")
		if r.Code != http.StatusOK || !strings.Contains(r.Body.String(), text) {
			t.Errorf("%s: status %d, or no %q in it", file, r.Code, text)
		}
		if !strings.Contains(page, `href="vendor/lightweight-charts/`+file+`"`) {
			t.Errorf("the page has no link to %s", file)
		}
	}
	if !strings.Contains(contentOf(t, library), "Copyright (c) 2026 TradingView, Inc.") {
		t.Error("the module's own copyright is not that of the notice")
	}
}

func TestThePolicyKnowsTheLogoLetterByLetter(t *testing.T) {
	t.Parallel()
	code := contentOf(t, library)
	markups := regexp.MustCompile(`\.innerHTML='([^']*)'`).FindAllStringSubmatch(code, -1)
	if len(markups) != 1 || !strings.Contains(contentOf(t, "assets/trust.js"), "'"+markups[0][1]+"'") {
		t.Errorf("the library has the markup %q; trust.js knows another", markups)
	}
	styles := regexp.MustCompile(`createElement\("style"\),[\w.]+\.innerText="([^"]*)"`).FindAllStringSubmatch(code, -1)
	if len(styles) != 1 {
		t.Fatalf("the library has the style sheets %q", styles)
	}
	sum := sha256.Sum256([]byte(styles[0][1]))
	if got := base64.StdEncoding.EncodeToString(sum[:]); got != logoStyle {
		t.Errorf("the digest of the library's style sheet is %s, the policy has %s", got, logoStyle)
	}
	if others := regexp.MustCompile(`\.innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\bfetch\(|XMLHttpRequest|WebSocket`).
		FindAllString(code, -1); len(others) != 1 {
		t.Errorf("the library uses %q", others)
	}
}
