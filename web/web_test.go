package web

import (
	"encoding/json"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	sdk "ticker/js"
)

// ask returns the handler's answer. If match is not empty it is sent as
// If-None-Match.
func ask(t *testing.T, method, target, match string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	if match != "" {
		r.Header.Set("If-None-Match", match)
	}
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	return w
}

// assetNames returns the names of all embedded files of the page.
func assetNames(t *testing.T) []string {
	t.Helper()
	return namesBelow(t, files, "assets")
}

func namesBelow(t *testing.T, files fs.FS, dir string) []string {
	t.Helper()
	var names []string
	err := fs.WalkDir(files, dir, func(name string, entry fs.DirEntry, err error) error {
		if err == nil && !entry.IsDir() {
			names = append(names, name)
		}
		return err
	})
	if err != nil || len(names) < 5 {
		t.Fatalf("files below %s are %q, %v", dir, names, err)
	}
	return names
}

func TestEveryAssetHasItsTypeTagAndSecurityHeaders(t *testing.T) {
	t.Parallel()
	types := map[string]string{
		".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
		".js": "text/javascript; charset=utf-8", ".mjs": "text/javascript; charset=utf-8",
		".svg": "image/svg+xml", ".md": "text/plain; charset=utf-8", "": "text/plain; charset=utf-8",
	}
	for _, served := range []struct {
		files      fs.FS
		dir, below string
	}{{files, "assets", ""}, {sdk.Source, "src", "/sdk"}} {
		for _, name := range namesBelow(t, served.files, served.dir) {
			want, err := fs.ReadFile(served.files, name)
			if err != nil {
				t.Fatal(err)
			}
			target := urlPath(served.below + strings.TrimPrefix(name, served.dir))
			checkAsset(t, target, string(want), types[path.Ext(name)])
		}
	}
}

func checkAsset(t *testing.T, target, body, contentType string) {
	t.Helper()
	r := ask(t, http.MethodGet, target, "")
	if r.Code != http.StatusOK || r.Body.String() != body {
		t.Errorf("%s: status %d or another body than the file's", target, r.Code)
	}
	if got := r.Header().Get("Content-Type"); got != contentType {
		t.Errorf("%s: content type %q", target, got)
	}
	if got := r.Header().Get("Cache-Control"); got != "no-cache" {
		t.Errorf("%s: cache control %q", target, got)
	}
	if got := r.Header().Get("Etag"); !regexp.MustCompile(`^"[0-9a-f]{32}"$`).MatchString(got) {
		t.Errorf("%s: entity tag %q", target, got)
	}
	checkSecurity(t, r)
}

func checkSecurity(t *testing.T, r *httptest.ResponseRecorder) {
	t.Helper()
	csp := r.Header().Get("Content-Security-Policy")
	for _, directive := range []string{
		"default-src 'self'", "style-src 'self' 'sha256-" + logoStyle + "'", "connect-src 'self' ws: wss:",
		"frame-ancestors 'none'", "require-trusted-types-for 'script'", "trusted-types default",
	} {
		if !slices.Contains(strings.Split(csp, "; "), directive) {
			t.Errorf("policy %q has no %s", csp, directive)
		}
	}
	if strings.Contains(csp, "unsafe") {
		t.Errorf("policy %q allows inline code", csp)
	}
	if got := r.Header().Get("X-Content-Type-Options"); got != "nosniff" {
		t.Errorf("content type options %q", got)
	}
	if got := r.Header().Get("Referrer-Policy"); got != "no-referrer" {
		t.Errorf("referrer policy %q", got)
	}
}

func TestUnchangedContentIsNotSentAgain(t *testing.T) {
	t.Parallel()
	tag := ask(t, http.MethodGet, "/", "").Header().Get("Etag")
	for match, want := range map[string]int{
		tag: http.StatusNotModified, "W/" + tag: http.StatusNotModified,
		`"other", ` + tag: http.StatusNotModified, `"other"`: http.StatusOK,
	} {
		r := ask(t, http.MethodGet, "/", match)
		if r.Code != want || r.Header().Get("Etag") != tag {
			t.Errorf("If-None-Match %s: status %d, tag %s; want %d", match, r.Code, r.Header().Get("Etag"), want)
		}
		if empty := r.Body.String() == ""; empty != (want == http.StatusNotModified) {
			t.Errorf("If-None-Match %s: body empty is %t", match, empty)
		}
	}
}

func TestTagsFollowTheContent(t *testing.T) {
	t.Parallel()
	tag := func(text string) string {
		assets, err := load(fstest.MapFS{"assets/app.js": {Data: []byte(text)}}, fstest.MapFS{"src/ticker.js": {Data: []byte(text)}})
		if err != nil {
			t.Fatal(err)
		}
		return assets["/app.js"].etag + assets["/sdk/ticker.js"].etag
	}
	first, again, other := tag("a"), tag("a"), tag("b")
	if first != again || first == other {
		t.Errorf("tags %s, %s and, of other content, %s", first, again, other)
	}
}

func TestHeadAnswersLikeGetWithoutTheBody(t *testing.T) {
	t.Parallel()
	get, head := ask(t, http.MethodGet, "/app.js", ""), ask(t, http.MethodHead, "/app.js", "")
	if head.Code != http.StatusOK || head.Body.String() != "" {
		t.Errorf("status %d, or a body", head.Code)
	}
	for _, name := range []string{"Content-Type", "Content-Length", "Etag", "Cache-Control"} {
		if head.Header().Get(name) != get.Header().Get(name) || head.Header().Get(name) == "" {
			t.Errorf("%s is %q, for GET %q", name, head.Header().Get(name), get.Header().Get(name))
		}
	}
}

func TestWrongPathsAndMethodsAreProblems(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		method, target string
		status         int
		code           string
	}{
		{http.MethodGet, "/nothing", http.StatusNotFound, "not_found"},
		{http.MethodGet, "/index.html", http.StatusNotFound, "not_found"},
		{http.MethodGet, "/sdk/", http.StatusNotFound, "not_found"},
		{http.MethodGet, "/sdk/src/ticker.js", http.StatusNotFound, "not_found"},
		{http.MethodGet, "/assets/app.js", http.StatusNotFound, "not_found"},
		{http.MethodGet, "/../web.go", http.StatusNotFound, "not_found"},
		{http.MethodGet, "//app.js", http.StatusNotFound, "not_found"},
		{http.MethodPost, "/nothing", http.StatusNotFound, "not_found"},
		{http.MethodPost, "/", http.StatusMethodNotAllowed, "bad_request"},
		{http.MethodDelete, "/app.js", http.StatusMethodNotAllowed, "bad_request"},
		{http.MethodOptions, "/", http.StatusMethodNotAllowed, "bad_request"},
	} {
		r := ask(t, tc.method, tc.target, "")
		var problem struct {
			Title, Code string
			Status      int
		}
		if err := json.Unmarshal(r.Body.Bytes(), &problem); err != nil {
			t.Errorf("%s %s: %v", tc.method, tc.target, err)
		}
		if r.Code != tc.status || problem.Status != tc.status || problem.Code != tc.code || problem.Title == "" {
			t.Errorf("%s %s: status %d, problem %+v; want %d %s", tc.method, tc.target, r.Code, problem, tc.status, tc.code)
		}
		if got := r.Header().Get("Content-Type"); got != "application/problem+json" {
			t.Errorf("%s %s: content type %q", tc.method, tc.target, got)
		}
		if allowed := r.Header().Get("Allow"); (allowed == "GET, HEAD") != (tc.status == http.StatusMethodNotAllowed) {
			t.Errorf("%s %s: Allow %q", tc.method, tc.target, allowed)
		}
		checkSecurity(t, r)
	}
}

func TestAssetsUseOnlyTheirOwn(t *testing.T) {
	t.Parallel()
	foreign := regexp.MustCompile(`https?://[a-z0-9.]+|innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function|\sstyle="|\son[a-z]+="`)
	for _, name := range assetNames(t) {
		if strings.HasPrefix(name, vendored) {
			continue // it has tests of its own
		}
		text, err := files.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range foreign.FindAllString(string(text), -1) {
			switch match {
			case "http://www.w3.org": // the name space of SVG
			case "https://www.tradingview.com": // a link, which the notice of the chart library asks for
			default:
				t.Errorf("%s uses %q", name, match)
			}
		}
	}
}
