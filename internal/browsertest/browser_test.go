package browsertest

import (
	"image/png"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const testPage = `<!doctype html><title>test page</title><body>
<input autofocus><script>
	addEventListener("keydown", (event) => { document.body.dataset.key = event.key; });
	setTimeout(() => { document.body.append(Object.assign(document.createElement("p"), {id: "late"})); }, 50);
</script>`

func serve(t *testing.T, header, value, body string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set(header, value)
		if _, err := w.Write([]byte(body)); err != nil {
			t.Errorf("write page: %v", err)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

func TestPageCanBeDriven(t *testing.T) {
	t.Parallel()
	browser := Start(t)
	url := serve(t, "Cache-Control", "no-cache", testPage)

	t.Run("values come back as JSON and promises are awaited", func(t *testing.T) {
		t.Parallel()
		var got struct {
			Title string
			Sum   int
		}
		browser.Open(t, url).Eval(`Promise.resolve({title: document.title, sum: 1 + 2})`, &got)
		if got.Title != "test page" || got.Sum != 3 {
			t.Errorf("evaluated to %+v", got)
		}
	})
	t.Run("waiting outlasts exceptions until the page is ready", func(t *testing.T) {
		t.Parallel()
		page := browser.Open(t, url)
		page.WaitFor(`document.getElementById("late").id === "late"`)
		if got := page.Complaints(); len(got) != 0 {
			t.Errorf("complaints %q come from the waiting", got)
		}
	})
	t.Run("keys reach the page", func(t *testing.T) {
		t.Parallel()
		page := browser.Open(t, url)
		page.Eval(`document.querySelector("input").focus()`, nil)
		page.Press("x")
		page.WaitFor(`document.querySelector("input").value === "x"`)
		page.Press("Escape")
		page.WaitFor(`document.body.dataset.key === "Escape"`)
	})
	t.Run("screen and colour scheme are emulated", func(t *testing.T) {
		t.Parallel()
		page := browser.Open(t, url)
		page.Resize(390, 844)
		page.Media("prefers-color-scheme", "dark")
		page.WaitFor(`innerWidth === 390 && matchMedia("(prefers-color-scheme: dark)").matches`)
		path := filepath.Join(t.TempDir(), "page.png")
		page.Screenshot(path)
		if width := pngWidth(t, path); width != 390 {
			t.Errorf("screenshot is %d pixels wide, want 390", width)
		}
	})
}

func pngWidth(t *testing.T, path string) int {
	t.Helper()
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := file.Close(); err != nil {
			t.Error(err)
		}
	}()
	config, err := png.DecodeConfig(file)
	if err != nil {
		t.Fatal(err)
	}
	return config.Width
}

func TestPagesOfOneBrowserShareNothing(t *testing.T) {
	t.Parallel()
	browser := Start(t)
	url := serve(t, "Cache-Control", "no-cache", testPage)
	first, second := browser.Open(t, url), browser.Open(t, url)
	first.Eval(`localStorage.setItem("mine", "1")`, nil)
	var got *string
	second.Eval(`localStorage.getItem("mine")`, &got)
	if got != nil {
		t.Errorf("second page reads %q from the storage of the first", *got)
	}
	second.WaitFor(`document.visibilityState === "visible" && document.hasFocus()`)
	first.WaitFor(`document.visibilityState === "visible" && document.hasFocus()`)
}

func TestComplaintsTellOfExceptionsAndPolicyViolations(t *testing.T) {
	t.Parallel()
	browser := Start(t)
	for _, tc := range []struct{ name, policy, body, want string }{
		{"uncaught exception", "default-src * 'unsafe-inline'", `<script>throw new Error("broken page")</script>`, "broken page"},
		{"inline script", "default-src 'self'", `<script>document.title = "ran"</script>`, "Content Security Policy"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			page := browser.Open(t, serve(t, "Content-Security-Policy", tc.policy, tc.body))
			page.WaitFor(`document.readyState === "complete"`)
			if got := strings.Join(page.Complaints(), "\n"); !strings.Contains(got, tc.want) {
				t.Errorf("complaints %q do not tell of %q", got, tc.want)
			}
		})
	}
}

func TestMissingBrowserNamesTheDebianPackage(t *testing.T) {
	t.Parallel()
	_, err := find("chromium-that-is-not-installed")
	if err == nil || !strings.Contains(err.Error(), "install the Debian package chromium") {
		t.Errorf("error %v does not say what to install", err)
	}
}
